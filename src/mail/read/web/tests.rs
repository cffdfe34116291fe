use super::*;
use crate::host::answer::testing::{fine, run};
use crate::mail::mta::testing::{ALL, Message, at, profile, put};
use crate::model::{HostBytes, HostName};
use proptest::prelude::*;
use std::path::Path;

const DAY: Duration = Duration::from_secs(86_400);
/// 2026-11-24T02:18:20Z, which every queue of `mta::testing` is read at.
const NOW: i64 = 1_795_486_700;
const USERS: &str =
    "user\t0\troot\t/root\nuser\t33\twww-data\t/var/www\nuser\t10003\texample\t/var/www/vhosts/example.jp\nend\n";

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn part(mta: &str, name: &str) -> Part {
    let Support::Yes(parts) = parts(&host(), &profile(mta), DAY, NOW) else { panic!() };
    parts.into_iter().find(|part| part.name == name).unwrap()
}

fn report(mta: &str, php: impl AsRef<[u8]>, users: impl AsRef<[u8]>, headers: impl AsRef<[u8]>) -> WebReport {
    let outputs = [fine("web.php", php), fine("web.users", users), fine("web.headers", headers)];
    read(&host(), &profile(mta), DAY, NOW, &outputs).unwrap()
}

/// Runs the script that reads PHP's logs on a host with this configuration.
fn php(dir: &Path, configuration: &str) -> PartOutput {
    std::fs::create_dir_all(dir.join("etc/conf.d")).unwrap();
    std::fs::write(dir.join("etc/conf.d/x.ini"), configuration).unwrap();
    let mut part = part("postfix", "web.php");
    for (name, value) in &mut part.values {
        match *name {
            "ini" => *value = format!("{0}/none* {0}/etc*", dir.display()),
            "usual" => *value = format!("{}/log/php*mail*.log", dir.display()),
            _ => {}
        }
    }
    run(&part, dir)
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn text(output: &PartOutput) -> String {
    output.stdout.parse(|b| Ok::<_, ()>(String::from_utf8_lossy(b).into_owned())).unwrap()
}

fn rows(report: &WebReport) -> Vec<String> {
    let line = |row: &ScriptRow| {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let uid = row.uid.map_or("-".into(), |uid| uid.to_string());
        let (user, domain, ips) = (or(&row.user), or(&row.domain), row.remote_ips.join(" "));
        let times = format!("{} {}", or(&row.first), or(&row.last));
        format!(
            "{:?} {} {:?} {} {} {uid} {user} {domain} {times} [{ips}]",
            row.source, row.script, row.lines, row.messages, row.peak_per_hour
        )
    };
    report.rows.iter().map(line).collect()
}

const LOG: &str = "[24-Nov-2026 01:00:00 UTC] mail() on [/var/www/vhosts/example.jp/httpdocs/x.php:677]: To: \
    secret@example.net -- Headers: From: secret@example.jp X: ]: To: y -- Subject: secret\n\
    [24-Nov-2026 01:59:59 UTC] mail() on [/var/www/vhosts/example.jp/httpdocs/x.php:677]: To: secret@example.net\n\
    [24-Nov-2026 11:00:00 Asia/Tokyo] mail() on [/var/www/vhosts/example.jp/httpdocs/x.php:12]: To: \n\
    [24-Nov-2026 02:00:01 +00:00] mail() on [/var/www/a b.php(12) : eval()'d code:1]: To: secret@example.net\n\
    [24-Nov-2026 01:10:00 UTC] PHP Warning:  secret in /var/www/x.php on line 3\n\
    [20-Nov-2026 01:10:00 UTC] mail() on [/var/www/old.php:1]: To: secret@example.net\n\
    secret: a line of something else\n";

#[test]
fn a_log_of_php_is_added_up_by_script_and_whom_it_wrote_to_stays_on_the_host() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let named = dir.join("a log/mail");
    write(&named, LOG);
    let old = "[23-Nov-2026 12:00:00 UTC] mail() on [/var/www/vhosts/example.jp/httpdocs/x.php:677]: To: x\n";
    write(&dir.join("a log/mail.1"), old);
    write(
        &dir.join("log/php7-mail.log"),
        "[24-Nov-2026 02:00:00 UTC] mail() on [/home/shop.example.jp/s.php:3]: To: x\n",
    );
    let gzip = std::process::Command::new("gzip").arg(dir.join("log/php7-mail.log")).status().unwrap();
    assert!(gzip.success());
    std::fs::write(dir.join("log/php7-mail.log"), "").unwrap();
    let configuration = format!(
        "; mail.log = /none/of/it\nmail.log = \"{0}\" ; for www\nphp_admin_value[mail.log] = /dev/null\n\
         php_admin_value mail.log \"{0}\"\r\nmail.logs = /x\nmail.log =\n",
        named.display()
    );
    let answer = php(dir, &configuration);
    let told = text(&answer);
    assert!(!told.contains("secret"), "{told}");
    let report = report("postfix", told, USERS, "read\t0\nend\n");
    assert_eq!(report.incomplete, Vec::<String>::new());
    assert_eq!(report.php_logs.len(), 4, "{:?}", report.php_logs);
    insta::assert_snapshot!(rows(&report).join("\n"), @r"
    PhpLog /var/www/vhosts/example.jp/httpdocs/x.php [12, 677] 4 2 10003 example example.jp 2026-11-23T12:00:00Z 2026-11-24T02:00:00Z []
    PhpLog /home/shop.example.jp/s.php [3] 1 1 - - shop.example.jp 2026-11-24T02:00:00Z 2026-11-24T02:00:00Z []
    PhpLog /var/www/a b.php(12) : eval()'d code [1] 1 1 33 www-data - 2026-11-24T02:00:01Z 2026-11-24T02:00:01Z []
    ");
}

/// Written by PHP 8.2.36 of Debian 12 and its Postfix, as are the two messages beside it.
const REAL: &str = include_str!("../../../../tests/captures/php/mail.log");

#[test]
fn a_log_that_php_wrote_is_read_with_its_zones_its_eval_and_names_that_look_like_its_own_words() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write(&dir.join("log/php-mail.log"), REAL);
    let told = text(&php(dir, ""));
    assert!(!told.contains("example.net") && !told.contains("pills"), "{told}");
    let report = report("postfix", told, USERS, "read\t0\nend\n");
    insta::assert_snapshot!(rows(&report).join("\n"), @r"
    PhpLog /var/www/vhosts/example.jp/httpdocs/mailer.php [3] 3 3 10003 example example.jp 2026-11-24T13:53:26Z 2026-11-24T13:53:27Z []
    PhpLog Command line code [1] 3 3 - - - 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    PhpLog /var/www/vhosts/example.jp/httpdocs/index.php(4) : eval()'d code [1] 1 1 10003 example example.jp 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    PhpLog /var/www/vhosts/example.jp/httpdocs/two lines]: To: x.php [3] 1 1 10003 example example.jp 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    PhpLog /var/www/vhosts/example.jp/httpdocs/wp content/class-mail.php [3] 1 1 10003 example example.jp 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    PhpLog Standard input code [1] 1 1 - - - 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    ");
    assert_eq!(report.incomplete, Vec::<String>::new());
}

#[test]
fn the_number_in_a_header_that_php_wrote_is_the_files_owner_and_the_mail_servers_is_who_sent() {
    let dir = tempfile::tempdir().unwrap();
    let part = at("postfix", dir.path(), part("postfix", "web.headers"));
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/php");
    for (file, id) in [("postcat-eval.txt", "237C013C0"), ("postcat-mailer.txt", "0680613B5")] {
        std::fs::copy(captures.join(file), dir.path().join("spool/hold").join(id)).unwrap();
    }
    let report = report("postfix", "end\n", USERS, text(&run(&part, dir.path())));
    insta::assert_snapshot!(rows(&report).join("\n"), @r"
    Header 0:mailer.php [] 1 1 33 www-data - 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    Header 33:index.php(4) : eval()'d code [] 1 1 33 www-data - 2026-11-24T13:53:27Z 2026-11-24T13:53:27Z []
    ");
    assert_eq!(report.incomplete, Vec::<String>::new());
}

#[test]
fn a_host_without_php_is_quiet_and_complete() {
    let dir = tempfile::tempdir().unwrap();
    for mta in ALL {
        let answer = php(dir.path(), "");
        assert_eq!(text(&answer), "end\n");
        let headers = text(&run(&at(mta, dir.path(), part(mta, "web.headers")), dir.path()));
        assert_eq!(headers, "read\t0\nend\n", "{mta}");
        let report = report(mta, text(&answer), USERS, headers);
        assert_eq!((report.complete, report.rows.len(), report.php_logs.len()), (true, 0, 0), "{mta}");
    }
    let none = Profile { now: NOW, ..Profile::default() };
    let Support::Yes(asked) = parts(&host(), &none, DAY, NOW) else { panic!() };
    assert_eq!(asked.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["web.php", "web.users"]);
    let outputs = [fine("web.php", "end\n"), fine("web.users", USERS)];
    assert!(read(&host(), &none, DAY, NOW, &outputs).unwrap().complete);
    let other = read(&host(), &profile("other"), DAY, NOW, &outputs).unwrap();
    assert_eq!(other.incomplete, ["mail server other is not yet supported"]);
}

#[test]
fn a_path_of_an_attacker_is_text_and_stays_on_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let on = |path: &str| format!("[24-Nov-2026 02:00:00 UTC] mail() on [{path}:9]: To: x\n");
    let log = on("/tmp/a\tmail\t/etc/passwd")
        + &on("/tmp/\x1b]0;pwn\x07.php")
        + &on("/tmp/line\nfeed.php")
        + &on("/tmp/a:b]x")
        + &on(&format!("/tmp/{}end", "x".repeat(9_000)))
        + "[24-Nov-2026 02:00:00 UTC] mail() on [/tmp/no-line]: To: x\n";
    write(&dir.join("log/php-mail.log"), log);
    let told = text(&php(dir, ""));
    let report = report("postfix", &told, USERS, "read\t0\nend\n");
    let mut scripts: Vec<&str> = report.rows.iter().map(|row| row.script.as_str()).collect();
    scripts.sort_unstable();
    assert_eq!(scripts.len(), 4, "{scripts:?}");
    assert_eq!(scripts[..3], ["/tmp/ ]0;pwn .php", "/tmp/a mail /etc/passwd", "/tmp/a:b]x"]);
    assert!(scripts[3].starts_with("xxx") && scripts[3].ends_with("end") && scripts[3].len() < 1_001);
    let path = dir.join("log/php-mail.log").display().to_string();
    assert_eq!(report.incomplete, [format!("{path}: 2 lines could not be read")], "{told}");
}

#[test]
fn a_log_that_cannot_be_read_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    write(&dir.join("log/php-mail.log"), b"\x1f\x8b\x08no gzip at all");
    let told = text(&php(dir, "mail.log = syslog\nmail.log = logs/mail\nmail.log = /nonexistent/\x1bmail.log\n"));
    let report = report("postfix", &told, USERS, "read\t0\nend\n");
    let broken = format!("{}: it cannot be fully read", dir.join("log/php-mail.log").display());
    let lacks = [
        "/nonexistent/mail.log: PHP is to log mail there, and no such file",
        "logs/mail: PHP is to log mail there, and it is no whole path",
        "syslog: PHP logs mail there, where it is not looked for",
        &broken,
    ];
    assert_eq!(report.incomplete, lacks, "{told}");
    let cut = self::report("postfix", "log\t/x\nmore\t/x\t9\n", "", "refused\tnot root: queue files cannot be read\n");
    assert_eq!(cut.incomplete.len(), 5, "{:?}", cut.incomplete);
    assert!(read(&host(), &profile("postfix"), DAY, NOW, &[]).is_err());
    let alone = read(&host(), &profile("postfix"), DAY, NOW, &[fine("web.php", "end\n")]).unwrap();
    assert_eq!(alone.incomplete, ["queued mail: no response", "users: no response"]);
    let many = self::report("postfix", "end\n", USERS, "read\t5000\nend\n");
    assert_eq!(many.incomplete, ["queued mail: only the newest 5000 messages were read"]);
}

const HEADERS: &str = "To: secret@example.net\nX-PHP-Originating-Script: 33:mailer.php\nSubject: secret\n";
const BODY: &str = "X-PHP-Script: secret.example/x.php for 192.0.2.1\n";

#[test]
fn only_what_a_process_of_the_host_handed_in_is_told_by_its_headers() {
    for mta in ALL {
        let dir = tempfile::tempdir().unwrap();
        let local = |headers| Message { user: Some(("www-data", 33)), headers, body: BODY };
        let site = "X-PHP-Script: shop.example.jp/wp/x.php\n for 203.0.113.9, 198.51.100.7, secret\n\
            X-PHP-Originating-Script: 33:x.php\nSubject: secret\n";
        let host = "X-PPP-Vhost: vhost.example.jp\nX-PHP-Originating-Script: 33:a\x1b[31m\tb.php\n";
        let forged = "X-PHP-Originating-Script: 33:secret.php\nReceived: by x (Postfix, from userid 33)\n\
            Received: (qmail 1 invoked by uid 33); 24 Nov 2026 02:17:05 -0000\nReceived: (from root@localhost)\n";
        put(mta, dir.path(), 0, &local(HEADERS));
        put(mta, dir.path(), 1, &local(HEADERS));
        put(mta, dir.path(), 2, &local(site));
        put(mta, dir.path(), 3, &local(host));
        put(mta, dir.path(), 4, &local("Subject: secret\n"));
        put(mta, dir.path(), 5, &Message { user: None, headers: forged, body: BODY });
        let told = text(&run(&at(mta, dir.path(), part(mta, "web.headers")), dir.path()));
        // What X-PHP-Script holds beside addresses goes no further than the reader.
        assert!(!told.replace(", secret\t", "").contains("secret"), "{mta}: {told}");
        let report = report(mta, "end\n", USERS, &told);
        assert_eq!((report.queue_read, report.complete), (6, true), "{mta}: {told}");
        let (at, www) = ("2026-11-24T01:57:35Z", "33 www-data");
        let row = |what: &str, n: usize, domain: &str, ips: &str| {
            format!("{what} [] {n} {n} {www} {domain} {at} {at} [{ips}]")
        };
        let expected = [
            row("Header 33:mailer.php", 2, "-", ""),
            row("Header 33:a [31m b.php", 1, "vhost.example.jp", ""),
            row("Header shop.example.jp/wp/x.php", 1, "shop.example.jp", "198.51.100.7 203.0.113.9"),
            row("Uid uid:33", 1, "-", ""),
        ];
        assert_eq!(rows(&report), expected, "{mta}: {told}");
        assert_eq!(report.users.len(), 2);
        assert!(!serde_json::to_string(&report).unwrap().contains("secret"));
    }
}

#[test]
fn queue_files_of_real_servers_tell_who_handed_a_message_in() {
    let dir = tempfile::tempdir().unwrap();
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut told = String::new();
    for mta in ["sendmail", "qmail", "exim"] {
        let part = at(mta, dir.path(), part(mta, "web.headers"));
        for file in std::fs::read_dir(captures.join(mta)).unwrap().map(|entry| entry.unwrap()) {
            let name = file.file_name().into_string().unwrap();
            let to = match name.as_str() {
                _ if name.starts_with("qf") || name.starts_with("hf") => format!("spool/{name}"),
                "spool-header.txt" => "spool/input/1xVg1Y-00000z-39-H".to_owned(),
                "spool-header-variables.txt" => "spool/input/1xVm4W-0002Lc-0e-H".to_owned(),
                _ if name.starts_with("mess-") => format!("queue/mess/{}", &name[5..]),
                _ => continue,
            };
            std::fs::copy(file.path(), dir.path().join(to)).unwrap();
        }
        told += &text(&run(&part, dir.path()));
    }
    let mut lines: Vec<&str> = told.lines().filter(|line| *line != "end").collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n").replace('\t', "|"), @r"
    read|2
    read|2
    read|8
    script|0| 24 Nov 2026 02:17:05 -0000|||
    script|33| 24 Nov 2026 02:17:05 -0000|||
    script|www-data| Tue, 24 Nov 2026 08:22:49 GMT|||
    script|www-data| Tue, 24 Nov 2026 08:22:49 GMT|||
    script|www-data| Tue, 24 Nov 2026 08:22:53 GMT|||
    ");
}

#[test]
fn a_queue_file_cut_anywhere_gives_nothing_away() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    for (mta, file) in [
        ("postfix", "postcat.txt"),
        ("exim", "exim/spool-header.txt"),
        ("sendmail", "sendmail/qf6AO8MrUc000136"),
        ("qmail", "qmail/mess-10504133"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let part = at(mta, dir.path(), part(mta, "web.headers"));
        let whole = std::fs::read(captures.join(file)).unwrap();
        for end in 0..whole.len() {
            let name = match mta {
                "postfix" => format!("spool/hold/A{end:06X}"),
                "exim" => format!("spool/input/1xVg1Y-{end:06}-39-H"),
                "sendmail" => format!("spool/qf6AO8Mr{end:06}"),
                _ => format!("queue/mess/{end}"),
            };
            std::fs::write(dir.path().join(name), &whole[..end]).unwrap();
        }
        let told = text(&run(&part, dir.path()));
        for secret in ["dead.example.net", "ok.example.net", "spam", "cheap", "swaks", "test", "info@"] {
            assert!(!told.contains(secret), "{mta}: {secret}: {}", &told[..told.len().min(999)]);
        }
        assert!(told.ends_with("end\n"));
        report(mta, "end\n", USERS, &told);
    }
}

#[test]
fn a_user_stands_for_the_domain_that_the_panel_or_his_home_tells() {
    let dir = tempfile::tempdir().unwrap();
    let domains = dir.path().join("domains");
    write(&domains.join("1"), "dom=owner.example.jp\nuid=1001\nuser=owner\npass=hunter2\nhome=/home/owner\n");
    write(&domains.join("2"), "parent=1\ndom=below.example.jp\nuid=1001\npass=hunter2\n");
    write(&domains.join("3"), "dom=../../etc\nuid=1002\nparent=\n");
    let passwd = "root:x:0:0:root:/root:/bin/sh\nowner:x:1001:1001:hunter2:/home/owner:/bin/sh\nbad:x:1002:1::/home/a\tb:/bin/sh\n\
        plesk:x:10003:1::/var/www/vhosts/plesk.example.jp:/bin/false\nplain:x:1004:1::/home/plain.example.jp:/bin/sh\n";
    crate::host::answer::testing::tool(dir.path(), "getent", &format!("cat <<'END'\n{passwd}END"));
    let mut part = part("postfix", "web.users");
    part.values[0].1 = domains.display().to_string();
    let told = text(&run(&part, dir.path()));
    assert!(!told.contains("hunter2"), "{told}");
    let report = report("postfix", "end\n", &told, "read\t0\nend\n");
    let users: Vec<_> = report.users.iter().map(|u| (u.uid, u.domain.as_deref().unwrap_or("-"))).collect();
    assert_eq!(users, [(1001, "owner.example.jp"), (1004, "plain.example.jp"), (10003, "plesk.example.jp")]);
    assert_eq!(report.incomplete, Vec::<String>::new());
}

#[test]
fn a_path_names_a_domain_only_where_a_panel_puts_one() {
    let of = |path: &str| users::domain_of(path).unwrap_or_default();
    assert_eq!(of("/var/www/vhosts/example.jp/httpdocs/x.php"), "example.jp");
    assert_eq!(of("/var/www/vhosts/system/example.jp/x.php"), "example.jp");
    assert_eq!(of("/home/owner/domains/sub.example.jp/public_html/x.php"), "sub.example.jp");
    assert_eq!(of("/home/example.jp/public_html/x.php"), "example.jp");
    for none in
        ["/var/www/vhosts/default/x.php", "/home/owner/x.php", "/home/../x.php", "/var/www/x.php", "/home/.a/x", ""]
    {
        assert_eq!(of(none), "", "{none}");
    }
}

#[test]
fn many_scripts_and_old_mail_are_bounded() {
    let line =
        |n: usize| format!("mail\t/tmp/{n}.php:1\t24-Nov-2026 02:00:00 UTC\t24-Nov-2026 02:00:00 UTC\t{}\n", n + 1);
    let php: String = (0..600).map(line).collect();
    let many = report("postfix", php + "end\n", USERS, "read\t0\nend\n");
    assert_eq!((many.rows.len(), many.rows[0].messages), (500, 600));
    assert_eq!(many.incomplete, ["scripts: the 500 with the most messages of 600 are listed"]);
    let old = "mail\t/tmp/x.php:1\t23-Nov-2026 01:00:00 UTC\t23-Nov-2026 01:59:59 UTC\t5\nend\n";
    let headers =
        "script\t33\tMon, 23 Nov 2026 01:00:00 +0000\t33:x.php\t\t\nscript\t33\tnonsense\t33:y.php\t\t\nread\t2\nend\n";
    assert_eq!(rows(&report("postfix", old, USERS, headers)), ["Header 33:y.php [] 1 0 33 www-data - - - []"]);
}

proptest! {
    #[test]
    fn any_answers_are_read(
        php in proptest::collection::vec(any::<u8>(), 0..300),
        users in proptest::collection::vec(any::<u8>(), 0..200),
        headers in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = |name, bytes: Vec<u8>| PartOutput { stdout: HostBytes::new(bytes), ..fine(name, "") };
        let outputs = [bytes("web.php", php), bytes("web.users", users), bytes("web.headers", headers)];
        let report = read(&host(), &profile("postfix"), DAY, NOW, &outputs).unwrap();
        prop_assert!(report.rows.iter().all(|row| !row.script.chars().any(char::is_control)));
    }

    #[test]
    fn a_flipped_or_cut_answer_is_read(at in 0..400usize, with in any::<u8>()) {
        let php = b"log\t/x\nmail\t/var/www/x.php:1\t24-Nov-2026 02:00:00 UTC\t24-Nov-2026 02:00:00 +09:00\t5\nodd\t/x\t1\nend\n";
        let headers = b"script\t33\tTue, 24 Nov 2026 01:57:35 +0000\t33:x.php\texample.jp/x for 192.0.2.1\tv\nread\t2\nend\n";
        let (mut php, mut headers) = (php.to_vec(), headers.to_vec());
        report("exim", &php[..at % php.len()], USERS, &headers[..at % headers.len()]);
        let (a, b) = (at % php.len(), at % headers.len());
        (php[a], headers[b]) = (with, with);
        report("exim", php, USERS, headers);
    }
}
