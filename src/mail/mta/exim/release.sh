# It waits for its next try then: nothing is delivered by force.
before=$(states)
tell -Mt held
after=$(states)
judge released 'Exim left it as it was'
finish
