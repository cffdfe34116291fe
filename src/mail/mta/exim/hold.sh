before=$(states)
tell -Mf waits
after=$(states)
judge held 'Exim left it as it was'
notes=$(lasting)
finish
