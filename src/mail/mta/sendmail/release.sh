# It waits for its next try then: nothing is delivered by force.
files=$(files)
before=$(states)
tell held -Q -qQ
after=$(states)
judge released waits 'Sendmail left it as it was, or its id is part of that of another message'
finish
