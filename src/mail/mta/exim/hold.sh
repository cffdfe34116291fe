before=$(states)
tell -Mf waits
after=$(states)
judge held held 'Exim left it as it was'
notes
finish
