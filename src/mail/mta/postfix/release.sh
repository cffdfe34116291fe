before=$(states)
notes=$(those held | super -H -)
after=$(states)
judge released 'Postfix left it where it was'
finish
