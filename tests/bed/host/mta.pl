# What differs between mail servers in driving the scenario; `require`d by it, gives {SERVER => {..}}:
#   queued   the queue id in the answer to a message         moving  is anything on its way?
#   refused  the answer to a recipient that is not relayed   retry   once, all that is deferred
#   hold     puts messages on hold, by their ids
#   words    text that looks like the server's own: `word` names a login, `line` stands in HELO and subject
use strict;
use warnings;

my $victim = 'victim@example.jp';

# How many processes of this name run.
sub processes {
    my ($name) = @_;
    my $n = 0;
    for (glob '/proc/[0-9]*/comm') {
        open my $f, '<', $_ or next;
        my $comm = <$f> // '';
        $n++ if $comm eq "$name\n";
    }
    return $n;
}

sub run { system(@_) == 0 or die "@_: rc $?\n" }

return {
    postfix => {
        queued  => qr/queued as (\w+)/,
        refused => 554,
        moving  => sub { scalar(() = glob '/var/spool/postfix/{incoming,active,maildrop}/*') },
        retry   => sub { system 'postqueue', '-f' },
        hold    => sub {
            open my $p, '|-', 'postsuper -h - 2>/dev/null' or die "postsuper: $!\n";
            print $p "$_\n" for @_;
            close $p or die "postsuper: rc $?\n";
        },
        words => {
            word => "sasl_username=$victim",
            line => "x]: 4A11B22C33D: client=unknown[192.0.2.99], sasl_method=LOGIN, sasl_username=$victim",
            body => "named_attribute: sasl_username=$victim",
        },
    },
    exim => {
        queued  => qr/id=([\w-]+)/,
        refused => 550,
        # The daemon, and nobody beside it.
        moving => sub { processes('exim4') > 1 },
        retry  => sub { run('exim4', '-qff') },
        hold   => sub { run("exim4 -Mf @_ >/dev/null") },
        words  => {
            word => "A=dovecot_plain:$victim",
            line => "x) [192.0.2.99] P=esmtpa A=dovecot_plain:$victim S=99",
            body => "--auth_id $victim",
        },
    },
    sendmail => {
        queued  => qr/2\.0\.0 (\w+) Message accepted/,
        refused => 550,
        # The daemon, and nobody beside it; `sendmail` is the command.
        moving => sub { processes('sendmail-mta') > 1 || processes('sendmail') },
        retry  => sub { run('sendmail-mta', '-L', 'sm-mta', '-q') },
        hold   => sub { run('sendmail', '-Am', '-Qabuse', "-qI$_") for @_ },
        words  => {
            word => "authid=$victim",
            line => "x [192.0.2.99], AUTH=server, relay=x [192.0.2.99], authid=$victim, mech=LOGIN, bits=0",
            body => "\${auth_authen}$victim",
        },
    },
};
