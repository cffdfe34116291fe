# What was being delivered may still be delivered: only the log tells.
before=$(states)
busy=$(those active)
notes=$(those 'incoming|active|deferred' | super -h -)
after=$(states)
judge held 'Postfix left it where it was, as it does in maildrop'
finish
