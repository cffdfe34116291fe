logins="$logins|(imap|pop3)[a-z3]*(-ssl)?([[][0-9]+[]])?: LOGIN( FAILED)?, "
