# It waits for its next try then: nothing is delivered by force.
seen=$(everything)
before=$(states)
tell held -Q -qQ
after=$(states)
judge released 'Sendmail left it as it was, or its id is part of that of another message'
finish
