//! Clients of the bed's mail servers, at addresses that are theirs alone, and its queues as the servers' own tools show
//! them.

use crate::support::Bed;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// Joins standard input and output to a port of the host it runs on, from one of its own addresses.
const JOIN: &str = r#"
use IO::Socket::INET;
my ($port, $from) = @ARGV;
my $self = join '.', unpack 'C4', (gethostbyname `hostname` =~ s/\s//gr)[4];
my $s = IO::Socket::INET->new(PeerAddr => $self, PeerPort => $port, LocalAddr => $from, Timeout => 20) or die "$port: $@\n";
my $pid = fork;
if (!$pid) { while (sysread STDIN, my $b, 65536) { syswrite $s, $b } shutdown $s, 1; exit }
while (sysread $s, my $b, 65536) { syswrite STDOUT, $b }
kill 9, $pid;
"#;

/// One connection.
pub struct Client {
    child: Child,
    to: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Client {
    /// To a port of the host, from an address of the host's that stands for a client elsewhere.
    pub fn connect(bed: &Bed, host: &str, port: u16, from: &str) -> Self {
        let mut command = bed.inside(host, &["perl", "-e", JOIN, &port.to_string(), from]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (to, said) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, to, said }
    }

    /// A line; none when the connection is gone.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = self.said.read_until(b'\n', &mut line).unwrap_or(0);
        (read > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// The last line of an SMTP answer; none when the connection is gone.
    pub fn answer(&mut self) -> Option<String> {
        loop {
            let line = self.line()?;
            if line.as_bytes().get(3) != Some(&b'-') {
                return Some(line);
            }
        }
    }

    pub fn ask(&mut self, line: &str) -> Option<String> {
        self.to.as_mut()?.write_all(format!("{line}\r\n").as_bytes()).ok()?;
        self.answer()
    }

    /// Hands one message in, and returns its id; none when the connection is gone.
    pub fn send(&mut self, sender: &str, to: &[&str], subject: &str) -> Option<String> {
        let mut commands = vec![format!("MAIL FROM:<{sender}>")];
        commands.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        for command in commands {
            let answer = self.ask(&command)?;
            assert!(answer.starts_with("250"), "{command}: {answer}");
        }
        self.ask("DATA")?;
        let text =
            format!("From: <{sender}>\r\nTo: undisclosed-recipients:;\r\nSubject: {subject}\r\n\r\nDear reader.\r\n.");
        let answer = self.ask(&text)?;
        assert!(answer.starts_with("250"), "{answer}");
        // Postfix, Exim, Sendmail.
        let id = ["queued as ", " id=", " 2.0.0 "].iter().find_map(|word| answer.split_once(word)).unwrap().1;
        id.split(' ').next().map(str::to_owned)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.to.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| -> String {
        let bits = three.iter().chain([0; 2].iter()).take(3).fold(0_usize, |all, b| all << 8 | usize::from(*b));
        let digit = |n: usize| if n <= three.len() { char::from(DIGITS[bits >> (18 - 6 * n) & 63]) } else { '=' };
        (0..4).map(digit).collect()
    };
    bytes.chunks(3).map(group).collect()
}

/// A session that is logged in to hand mail in; the server's answer when it refuses.
pub fn log_in(bed: &Bed, host: &str, from: &str, login: &str, password: &str) -> Result<Client, String> {
    let mut client = Client::connect(bed, host, 587, from);
    let greeting = client.answer().unwrap_or_default();
    assert!(greeting.starts_with("220"), "{host}: {greeting}");
    client.ask("EHLO client.example.org");
    let word = base64(format!("\0{login}\0{password}").as_bytes());
    let answer = client.ask(&format!("AUTH PLAIN {word}")).unwrap_or_default();
    if answer.starts_with("235") { Ok(client) } else { Err(answer) }
}

/// Whether the mailbox opens with that password.
pub fn mailbox_opens(bed: &Bed, host: &str, login: &str, password: &str) -> bool {
    let mut client = Client::connect(bed, host, 143, "192.0.2.77");
    client.line();
    let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = write!(client.to.as_mut().unwrap(), "a LOGIN \"{login}\" \"{quoted}\"\r\n");
    let answer = std::iter::from_fn(|| client.line()).find(|line| line.starts_with("a "));
    match answer.as_deref().and_then(|a| a.split(' ').nth(1)) {
        Some("OK") => true,
        Some("NO") => false,
        other => panic!("{host}: {other:?}: {answer:?}"),
    }
}

/// The whole queue in the words of the server's own tool.
pub fn queue(bed: &Bed, host: &str) -> String {
    let tool = match host {
        "exim1" => "exim4 -bp",
        "sendmail1" => "mailq; mailq -qQ",
        _ => "postqueue -p",
    };
    bed.enter(host, tool).expect(0).stdout
}

/// Each queued message whose sender begins with `tag`: sender, recipients, size of the body, digest of the content.
/// Ids are left out: a message that was brought back may have another.
pub fn queued(bed: &Bed, host: &str, tag: &str) -> Vec<String> {
    let script = match host {
        "exim1" => {
            r#"for h in /var/spool/exim4/input/*-H /var/spool/exim4/input/?/*-H; do
                [ -e "$h" ] || continue
                d=${h%-H}-D
                echo "$(sed -n 3p "$h" | tr -d '<>') $(sed -n '/^[0-9][0-9]*$/,/^$/p' "$h" | grep @ | sort | tr '\n' ',') \
                    $(tail -n +2 "$d" | wc -c) $( { exim4 -Mvb "$(basename "${h%-H}")" | tail -n +2; sed -n '/^[0-9]*[FTIB ] /,$p' "$h"; } | sha256sum)"
            done"#
        }
        "sendmail1" => {
            r#"for q in /var/spool/mqueue/[qh]f*; do
                [ -e "$q" ] || continue
                d=/var/spool/mqueue/d${q#/var/spool/mqueue/?}
                echo "$(sed -n 's/^S<\(.*\)>$/\1/p' "$q") $(sed -n 's/^R[A-Z]*:<\(.*\)>$/\1/p' "$q" | sort | tr '\n' ',') \
                    $(wc -c <"$d") $( { cat "$d"; grep '^H' "$q"; } | sha256sum)"
            done"#
        }
        _ => {
            r#"postqueue -p | sed -n 's/^\([0-9A-F]\{6,\}\)[*! ].*/\1/p' | while read -r id; do
                e=$(postcat -qe "$id")
                echo "$(printf '%s' "$e" | sed -n 's/^sender: //p') $(printf '%s' "$e" | sed -n 's/^recipient: //p' | sort | tr '\n' ',') \
                    $(printf '%s' "$e" | sed -n 's/^message_size: *\([0-9]*\).*/\1/p') $(postcat -qbh "$id" | sha256sum)"
            done"#
        }
    };
    let all = bed.enter(host, script).expect(0).stdout;
    let mut own: Vec<String> = all
        .lines()
        .filter(|l| l.starts_with(tag))
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    own.sort();
    own
}
