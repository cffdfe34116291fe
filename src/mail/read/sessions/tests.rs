use super::*;
use crate::host::act::report;
use crate::host::answer::testing::{fine, run, tool};
use crate::model::{Profile, RowEnd, Secret};
use proptest::prelude::*;
use std::path::Path;

/// 2026-11-24 06:00 UTC.
const NOW: i64 = 1_795_500_000;

fn profile(mta: &str) -> Profile {
    let found = crate::model::profile::Found { name: mta.into(), version: String::new(), active: true };
    Profile { mtas: vec![found], now: NOW, ..Profile::default() }
}

fn smtp(pid: u32, ip: &str, login: &str) -> String {
    format!(
        "Nov 24 05:00:00 mx1 postfix/submission/smtpd[{pid}]: A0000{pid}: client=unknown[{ip}], sasl_method=LOGIN, sasl_username={login}\n"
    )
}

fn read_both(log: &str, open: &str) -> Sessions {
    let log = format!("== 1 0 /var/log/mail.log\nfirst Nov 20 00:00:00 mx1 x: y\n{log}end\n");
    read(&profile("postfix"), NOW, &[fine("sessions.log", log), fine("sessions.open", format!("{open}end\n"))]).unwrap()
}

/// A line of a client at 10.0.0.N, to port 587.
fn tcp(n: u8, pid: &str) -> String {
    format!("tcp 0B004D0A:024B {n:02X}00000A:9000 {pid}\n")
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A folder of stand-ins: nothing of this machine's own mail servers and connections is looked at.
fn stand_ins() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["doveadm", "ss", "doveconf", "dovecot", "postconf", "exim4", "exim"] {
        tool(dir.path(), name, "exit 75");
    }
    tool(dir.path(), "id", "echo 0");
    std::fs::create_dir_all(dir.path().join("proc/net")).unwrap();
    std::fs::write(dir.path().join("proc/net/tcp"), TCP).unwrap();
    dir
}

/// The part with `root/proc` in place of the kernel's own files.
fn within(mut part: crate::shell::Part, root: &Path) -> crate::shell::Part {
    part.script = part.script.replace("/proc/", &format!("{}/proc/", root.display())).into();
    part
}

fn process(root: &Path, pid: u32, name: &str, environment: &str) {
    let dir = root.join("proc").join(pid.to_string());
    std::fs::create_dir_all(dir.join("fd")).unwrap();
    std::fs::write(dir.join("stat"), format!("{pid} ({name}) S 1 1 1 0\n")).unwrap();
    std::fs::write(dir.join("environ"), environment.replace('\n', "\0")).unwrap();
    std::fs::write(dir.join("cmdline"), format!("{name}\0")).unwrap();
}

const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

fn established(local: &str, remote: &str, inode: u32) -> String {
    format!(
        "   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 20 4 30 10 -1\n"
    )
}

#[test]
fn a_connection_is_its_logins_and_never_guessed() {
    let log = smtp(11, "10.0.0.1", "Info@example.jp")
        + &smtp(12, "10.0.0.2", "sales@example.jp")
        + &smtp(13, "10.0.0.2", "info@example.jp")
        + &smtp(14, "10.0.0.9", "info@example.jp");
    let open = tcp(1, "99")
        + &tcp(2, "12")
        + &tcp(2, "13")
        + &tcp(2, "-")
        + &tcp(3, "15")
        + "tcp 0B004D0A:0019 0400000A:9000 16\nuntold\tx\n";
    let sessions = read_both(&log, &open);
    let info = sessions.of(&["info@EXAMPLE.jp"]);
    assert_eq!((info.smtp, info.count(), sessions.of(&["sales@example.jp"]).smtp), (2, 2, 1));
    assert_eq!(info.smtp_ips, BTreeSet::from(["10.0.0.1", "10.0.0.2", "10.0.0.9"].map(ip)));
    assert_eq!(info.shared, BTreeSet::from(["sales@example.jp".to_owned()]));
    assert_eq!((sessions.unknown, sessions.port25), (2, 1));
    assert_eq!(sessions.unknown_ips, BTreeSet::from(["10.0.0.2", "10.0.0.3"].map(ip)));
    assert_eq!(sessions.incomplete, ["sessions: x"]);
    assert_eq!(sessions.of(&["nobody@example.jp"]), Open::default());
    let both = sessions.of(&["sales@example.jp", "INFO@example.jp"]);
    assert_eq!((both.smtp, both.smtp_ips.len(), both.shared), (3, 3, BTreeSet::new()));
}

#[test]
fn exim_and_sendmail_tell_the_logins_of_addresses_too() {
    let exim = "2026-11-24 05:12:48 1xVg1Y-00000z-39 <= ceo@forged.example.org H=(localhost) [10.0.0.1] P=esmtpa \
                A=dovecot_login:info@example.jp S=443\n";
    let sendmail = "Nov 24 05:00:00 mx1 sm-mta[12]: AUTH=server, relay=[10.0.0.1], authid=info@example.jp, mech=PLAIN, bits=0\n\
                    Nov 24 05:00:01 mx1 sm-mta[12]: 6AO2DSR3000084: from=<a@b.jp>, size=258, class=0, nrcpts=1, msgid=<x@y>, \
                    proto=ESMTPA, daemon=MTA-v4, relay=[10.0.0.1]\n";
    for (mta, log) in [("exim", exim), ("sendmail", sendmail)] {
        let log = format!("== 1 0 log\nfirst Nov 20 00:00:00 mx1 x: y\n{log}end\n");
        let outputs = [fine("sessions.log", log), fine("sessions.open", tcp(1, "12") + "end\n")];
        let sessions = read(&profile(mta), NOW, &outputs).unwrap();
        assert_eq!((sessions.of(&["info@example.jp"]).smtp, sessions.unknown), (1, 0), "{mta}: {sessions:?}");
    }
}

#[test]
fn mailbox_sessions_are_counted_in_the_words_of_every_version() {
    for header in ["username\tproto\tpid\tip", "username\tservice\tpid\tip\tdest_ip"] {
        let open =
            format!("who\t{header}\nwho\tA@b.jp\timap\t5\t10.0.0.1\nwho\ta@b.jp\tsieve\t6\t\nbox\tpop3\ta@b.jp\n");
        let mailbox = read_both("", &open).of(&["a@b.jp"]).mailbox;
        let want = ["imap", "pop3", "sieve"].map(|service| (service.to_owned(), 1));
        assert_eq!(mailbox, BTreeMap::from(want), "{header}");
    }
    let odd = read_both("", "who\tsomething else\nwho\ta@b.jp\timap\nodd\n");
    assert!(odd.rows.is_empty());
    assert_eq!(odd.incomplete, ["sessions: 3 lines could not be read"]);
}

#[test]
fn without_a_log_or_an_end_the_answer_is_not_whole() {
    let sessions = read(&profile("none"), NOW, &[fine("sessions.open", tcp(1, "2"))]).unwrap();
    assert_eq!((sessions.unknown, sessions.incomplete.len()), (1, 2));
    assert!(read(&profile("none"), NOW, &[]).is_err());
    let host = crate::model::Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let names = |mta: &str| look(&host, &profile(mta), NOW).into_iter().map(|p| p.name).collect::<Vec<_>>();
    assert_eq!(names("exim"), ["sessions.open", "sessions.log"]);
    assert_eq!(names("none"), ["sessions.open"]);
}

#[test]
fn the_script_tells_sessions_of_processes_and_who_serves_a_connection() {
    let dir = stand_ins();
    let part = within(look(&host(), &profile("none"), NOW).remove(0), dir.path());
    process(dir.path(), 70, "imapd", "PATH=/bin\nAUTHENTICATED=info@example.jp\nTCPREMOTEIP=::ffff:10.0.0.1\n");
    process(dir.path(), 71, "imapd", "TCPREMOTEIP=10.0.0.1\n");
    process(dir.path(), 72, "bash", "AUTHENTICATED=sales@example.jp\nTCPREMOTEIP=10.0.0.1\n");
    process(dir.path(), 73, "smtpd", "");
    std::os::unix::fs::symlink("socket:[501]", dir.path().join("proc/73/fd/9")).unwrap();
    let lines = TCP.to_owned()
        + &established("0B004D0A:024B", "0100000A:9000", 501)
        + &established("0B004D0A:0016", "0100000A:9001", 502)
        + &established("0B004D0A:9002", "0100000A:0019", 503);
    std::fs::write(dir.path().join("proc/net/tcp"), lines).unwrap();
    tool(
        dir.path(),
        "doveadm",
        r"[ $1 = -f ] && printf 'username\tproto\tpid\tip\nsales@example.jp\timap\t5\t10.0.0.2\n'",
    );
    let output = run(&part, dir.path());
    let sessions = read(&profile("none"), NOW, std::slice::from_ref(&output)).unwrap();
    let services = |login: &str| sessions.of(&[login]).mailbox.into_keys().collect::<Vec<_>>();
    assert_eq!((services("info@example.jp"), services("sales@example.jp")), (vec!["imap".into()], vec!["imap".into()]));
    assert!(output.stdout.for_human(4_000).contains("tcp 0B004D0A:024B 0100000A:9000 73\nend"), "{output:?}");
}

fn host() -> crate::model::Host {
    crate::model::Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn cut_says(part: &crate::shell::Part, dir: &Path, login: &str) -> (RowEnd, Option<String>, Vec<String>) {
    let report = report(&[run(part, dir)], "sessions.cut", &BTreeSet::from([login])).unwrap();
    assert_eq!((report.rows.len(), &report.fault), (1, &None), "{report:?}");
    (report.rows[0].end, report.rows[0].why.clone(), report.notes)
}

#[test]
fn only_the_connections_of_the_named_addresses_are_cut() {
    let dir = stand_ins();
    let login = "info@example.jp";
    let part = within(cut(login, &[login], &[ip("10.0.0.1"), ip("2001:db8::1")]), dir.path());
    let (four, six) = (dir.path().join("proc/net/tcp"), dir.path().join("proc/net/tcp6"));
    let own = "0000000000000000FFFF00000B004D0A:01D1";
    let others = TCP.to_owned() + &established("0B004D0A:024B", "0200000A:9003", 2);
    std::fs::write(&four, others.clone() + &established("0B004D0A:024B", "0100000A:9001", 1)).unwrap();
    let six_lines = established(own, "0000000000000000FFFF00000100000A:9002", 3)
        + &established(own, "B80D0120000000000000000001000000:9004", 4);
    std::fs::write(&six, TCP.to_owned() + &six_lines).unwrap();
    // It closes what it is told to, and says on standard error what the true one says.
    let said = dir.path().join("said");
    tool(
        dir.path(),
        "ss",
        &format!(
            "echo \"$*\" >>{}; echo 'RTNETLINK answers: Invalid argument' >&2\nfor f in {} {}; do grep -v \"$(printf ':%04X' ${{5##*:}}) 01\" $f >$f.new; mv $f.new $f; done",
            said.display(),
            four.display(),
            six.display()
        ),
    );
    let (end, why, notes) = cut_says(&part, dir.path(), login);
    assert_eq!((end, why), (RowEnd::Changed, None));
    assert_eq!(notes, ["mail submission connections terminated: 3"]);
    let told = std::fs::read_to_string(said).unwrap();
    let want = "-K -t -n dst 10.0.0.1:36865 sport = :587\n-K -t -n dst [::ffff:10.0.0.1]:36866 sport = :465\n\
                -K -t -n dst [2001:db8::1]:36868 sport = :465\n";
    assert_eq!(told, want);
    assert_eq!(std::fs::read_to_string(&four).unwrap(), others);
}

#[test]
fn where_a_connection_cannot_be_closed_its_process_ends_and_no_other() {
    let dir = stand_ins();
    let login = "info@example.jp";
    let part = within(cut(login, &[login], &[ip("10.0.0.1")]), dir.path());
    let four = dir.path().join("proc/net/tcp");
    let lines = [(1, "9001", 1), (2, "9002", 2), (1, "9003", 3), (2, "9004", 4)];
    let lines = lines.map(|(n, port, inode)| established("0B004D0A:024B", &format!("{n:02}00000A:{port}"), inode));
    std::fs::write(&four, TCP.to_owned() + &lines.concat()).unwrap();
    // Numbers that no process of this machine can have.
    for (pid, name, sockets) in [
        (8_000_001, "smtpd", vec![1]),
        (8_000_002, "smtpd", vec![2]),
        (8_000_003, "proxy", vec![3]),
        (8_000_004, "smtpd", vec![4]),
    ] {
        process(dir.path(), pid, name, "");
        for inode in sockets {
            let at = dir.path().join(format!("proc/{pid}/fd/{inode}"));
            std::os::unix::fs::symlink(format!("socket:[{inode}]"), at).unwrap();
        }
    }
    let killed = dir.path().join("killed");
    let mut part = part;
    let kill = format!(
        "kill() {{ echo \"$*\" >>{k}; grep -v ':9001' {f} >{f}.new; mv {f}.new {f}; }}\nsleep() {{ :; }}\n",
        k = killed.display(),
        f = four.display()
    );
    part.script = format!("{kill}{}", part.script).into();
    let (end, why, notes) = cut_says(&part, dir.path(), login);
    assert_eq!(std::fs::read_to_string(killed).unwrap(), "-TERM 8000001\n");
    assert_eq!((end, why.as_deref()), (RowEnd::Failed, Some("mail submission connections still open: 1")));
    assert!(notes[0].contains("Postfix may accept no client on that port for a minute"), "{notes:?}");
    assert_eq!(notes[1], "mail submission connections terminated: 1");
}

#[test]
fn a_mailbox_is_left_by_all_its_sessions_and_the_cache_is_emptied_first() {
    let dir = stand_ins();
    let login = "Info@example.jp";
    let part = within(cut(login, &[login, "info.example"], &[]), dir.path());
    process(dir.path(), 5, "dovecot", "");
    let (said, kicked) = (dir.path().join("said"), dir.path().join("kicked"));
    tool(
        dir.path(),
        "doveadm",
        &format!(
            r#"echo "$*" >>{said}
case "$*" in
*who*) printf 'username\tproto\tpid\tip\nsales@example.jp\timap\t5\t10.0.0.2\n'; [ -f {kicked} ] || printf 'info@example.jp\timap\t6\t10.0.0.1\ninfo.example\tpop3\t7\t10.0.0.1\n' ;;
kick*) : >{kicked}; exit 0 ;;
*flush*) echo '0 cache entries flushed' ;;
esac"#,
            said = said.display(),
            kicked = kicked.display()
        ),
    );
    let (end, why, notes) = cut_says(&part, dir.path(), login);
    assert_eq!((end, why), (RowEnd::Changed, None));
    assert_eq!(notes, ["mailbox sessions terminated: 2"]);
    let told = std::fs::read_to_string(said).unwrap();
    assert!(told.starts_with("auth cache flush Info@example.jp info.example info@example.jp info.example\n"), "{told}");
    assert!(
        told.contains("\nkick info.example\n")
            && told.contains("\nkick info@example.jp\n")
            && !told.contains("kick sales"),
        "{told}"
    );
}

#[test]
fn a_cache_that_cannot_be_emptied_by_word_is_emptied_where_there_is_one() {
    let dir = stand_ins();
    process(dir.path(), 5, "dovecot", "");
    process(dir.path(), 8_000_007, "auth", "");
    tool(dir.path(), "doveadm", "case \"$*\" in *who*) printf 'username\\tproto\\n' ;; *) exit 64 ;; esac");
    let killed = dir.path().join("killed");
    let mut part = within(cut("a@b.jp", &["a@b.jp"], &[]), dir.path());
    part.script = format!("kill() {{ echo \"$*\" >>{}; }}\n{}", killed.display(), part.script).into();
    for (size, told) in [("0", ""), ("1 M", "-HUP 8000007\n")] {
        tool(dir.path(), "doveconf", &format!("[ \"$*\" = '-h auth_cache_size' ] && echo '{size}'"));
        let (end, _, notes) = cut_says(&part, dir.path(), "a@b.jp");
        assert_eq!((end, notes.len()), (RowEnd::Changed, usize::from(!told.is_empty())), "{notes:?}");
        assert_eq!(std::fs::read_to_string(&killed).unwrap_or_default(), told);
    }
}

#[test]
fn a_saslauthd_that_keeps_passwords_is_started_again_or_it_is_said_that_it_was_not() {
    for (name, by_service, by_hand, end, told) in [
        ("its service", true, false, RowEnd::Changed, "saslauthd was restarted because it caches passwords (-c)"),
        ("its command", false, true, RowEnd::Changed, "saslauthd was restarted because it caches passwords (-c)"),
        ("neither", false, false, RowEnd::Failed, "saslauthd was stopped and does not restart: logins through it fail"),
    ] {
        let dir = stand_ins();
        let (root, proc) = (dir.path(), dir.path().join("proc").display().to_string());
        process(root, 8_000_011, "saslauthd", "");
        let command = root.join("saslauthd").display().to_string();
        std::fs::write(root.join("proc/8000011/cmdline"), format!("{command}\0-a\0pam\0-c\0-m\0/run/a b\0")).unwrap();
        let begin = format!("mkdir {proc}/8000012 && echo '8000012 (saslauthd) S' >{proc}/8000012/stat");
        for service in ["systemctl", "service"] {
            let work = format!("case \"$*\" in *restart*) rm -r {proc}/8000011 && {begin} ;; esac");
            tool(root, service, if by_service { &work } else { "exit 5" });
        }
        let start = format!("[ \"$*\" = '-a pam -c -m /run/a b' ] && [ $# = 5 ] && {begin}");
        tool(root, "saslauthd", if by_hand { &start } else { "exit 1" });
        let mut part = within(cut("a@b.jp", &["a@b.jp"], &[]), root);
        part.script = format!("kill() {{ rm -r {proc}/$1; }}\nsleep() {{ :; }}\n{}", part.script).into();
        let (was, why, notes) = cut_says(&part, root, "a@b.jp");
        assert_eq!((was, why.into_iter().chain(notes).collect::<Vec<_>>()), (end, vec![told.to_owned()]), "{name}");
    }
    // One that cannot be ended goes on to take the old password.
    let dir = stand_ins();
    process(dir.path(), 8_000_011, "saslauthd", "");
    std::fs::write(dir.path().join("proc/8000011/cmdline"), "saslauthd\0-c\0").unwrap();
    ["systemctl", "service"].iter().for_each(|name| tool(dir.path(), name, "exit 5"));
    let mut part = within(cut("a@b.jp", &["a@b.jp"], &[]), dir.path());
    part.script = format!("kill() {{ :; }}\nsleep() {{ :; }}\n{}", part.script).into();
    let (end, why, _) = cut_says(&part, dir.path(), "a@b.jp");
    assert!(
        end == RowEnd::Failed && why.unwrap().starts_with("saslauthd caches passwords (-c) and could not be restarted")
    );
}

#[test]
fn what_cannot_be_seen_is_not_called_done() {
    let dir = stand_ins();
    process(dir.path(), 5, "dovecot", "");
    std::fs::remove_file(dir.path().join("proc/net/tcp")).unwrap();
    let (end, why, _) =
        cut_says(&within(cut("a@b.jp", &["a@b.jp"], &[ip("10.0.0.1")]), dir.path()), dir.path(), "a@b.jp");
    assert_eq!(end, RowEnd::Failed);
    assert_eq!(why.unwrap(), "Dovecot does not list its sessions; the kernel does not list its connections");
    tool(dir.path(), "id", "echo 1000");
    let (_, why, _) = cut_says(&within(cut("a@b.jp", &["a@b.jp"], &[]), dir.path()), dir.path(), "a@b.jp");
    assert_eq!(why.as_deref(), Some("root privileges are required"));
}

#[test]
fn a_name_that_is_a_pattern_is_refused() {
    let dir = stand_ins();
    tool(dir.path(), "doveadm", &format!(": >{}", dir.path().join("called").display()));
    for login in ["*", "inf?@example.jp", "-a", "", "a b"] {
        let (end, why, _) = cut_says(&within(cut(login, &[login], &[]), dir.path()), dir.path(), login);
        assert_eq!((end, why.as_deref()), (RowEnd::Failed, Some("it is not the name of an account")), "{login}");
    }
    let part = within(cut("a@b.jp", &["a@b.jp"], &[]), dir.path()).input(vec!["10.0.0.1; reboot".into()]);
    assert_eq!(cut_says(&part, dir.path(), "a@b.jp").1.as_deref(), Some("its input is not a list of addresses"));
    assert!(!dir.path().join("called").exists());
}

fn probed(dir: &Path, password: &str) -> Probe {
    let part = within(probe(&["info@example.jp"], Secret::new(password.into())), dir);
    let output = run(&part, dir);
    assert!(password.is_empty() || !output.stdout.for_human(9_000).contains(password));
    read_probe(&[output]).unwrap()
}

#[test]
fn dovecot_says_whether_a_password_is_right_and_whether_there_is_the_account() {
    let dir = stand_ins();
    process(dir.path(), 5, "dovecot", "");
    tool(dir.path(), "postconf", "echo dovecot");
    let doveadm = |user: u8| {
        format!(
            r#"case "$1 ${{2-}}" in
'auth ') echo '  test [-a <auth socket path>] <user> [<password>]' >&2; exit 64 ;;
'auth test') IFS= read -r p; [ $# = 3 ] && [ "$p" = 'p"\ $x ' ] && echo "passdb: $3 auth succeeded" && exit 0
  echo "passdb: $3 auth failed"; exit 77 ;;
user*) exit {user} ;;
esac"#
        )
    };
    tool(dir.path(), "doveadm", &doveadm(0));
    assert_eq!(probed(dir.path(), r#"p"\ $x "#), Probe { accepted: Some(true), how: "Dovecot: accepted".into() });
    assert_eq!(probed(dir.path(), "former1"), Probe { accepted: Some(false), how: "Dovecot: refused".into() });
    assert_eq!(probed(dir.path(), "").accepted, None);
    tool(dir.path(), "doveadm", &doveadm(67));
    assert_eq!(probed(dir.path(), "former1"), Probe { accepted: None, how: "Dovecot: no such account".into() });
    tool(dir.path(), "doveadm", &doveadm(75));
    let unsure = probed(dir.path(), "former1");
    assert_eq!((unsure.accepted, unsure.how.contains("cannot be determined")), (Some(false), true));
}

#[test]
fn a_password_is_accepted_where_one_word_of_the_account_is() {
    let dir = stand_ins();
    process(dir.path(), 5, "dovecot", "");
    tool(dir.path(), "postconf", "echo dovecot");
    let doveadm = r#"case "$1 ${2-}" in
'auth ') echo '  test <user>' ;;
'auth test') [ "$3" = info.example ] && echo "passdb: $3 auth succeeded" && exit 0; exit 77 ;;
user*) exit 67 ;;
esac"#;
    tool(dir.path(), "doveadm", doveadm);
    let of = |logins: &[&str]| {
        let probed = run(&within(probe(logins, Secret::new("x".into())), dir.path()), dir.path());
        read_probe(&[probed]).unwrap()
    };
    assert_eq!(of(&["info@example.jp"]).accepted, None);
    let both = of(&["info@example.jp", "info.example"]);
    assert_eq!((both.accepted, both.how.as_str()), (Some(true), "Dovecot: accepted"));
}

#[test]
fn where_nothing_can_be_asked_nothing_is_proved() {
    let dir = stand_ins();
    let probe = probed(dir.path(), "secret");
    assert_eq!(probe.accepted, None);
    assert!(probe.how.starts_with("SMTP: not known ("), "{}", probe.how);
    assert!(read_probe(&[]).is_err());
    let said = |text: &str| read_probe(&[fine("sessions.probe", text)]).unwrap().accepted;
    assert_eq!(said("said\tIMAP\tyes\t\nsaid\tSMTP\tno\t\nend\n"), Some(false), "the old one may be good there");
    assert_eq!(said("said\tIMAP\tabsent\t\nsaid\tSMTP\tyes\t\nend\n"), Some(true));
    assert_eq!(said("said\tIMAP\tyes\t\n"), None);
    assert_eq!(said("said\tIMAP\tno\t\nsaid\tSMTP\tunknown\tx\nend\n"), Some(false));
    assert_eq!(said("said\tIMAP\tno\t\n"), None);
}

proptest! {
    #[test]
    fn any_answer_is_read_without_harm(open: Vec<u8>, log: Vec<u8>) {
        let outputs = [fine("sessions.open", &open), fine("sessions.log", &log), fine("sessions.probe", &open)];
        let _ = read(&profile("postfix"), NOW, &outputs).unwrap();
        let _ = read_probe(&outputs).unwrap();
    }
}
