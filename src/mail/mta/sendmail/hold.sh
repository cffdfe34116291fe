seen=$(everything)
before=$(states)
tell waits '-Qheld by fleet'
after=$(states)
judge held 'Sendmail left it as it was, or its id is part of that of another message'
finish
