use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::accounts::AccountsReport;
use proptest::prelude::*;

fn read(text: &str) -> AccountsReport {
    let outputs = [fine("accounts.plain", text)];
    AccountsReport::new(Plain.read(&Profile::default(), &outputs).unwrap())
}

/// The parts for a host with that mail server.
fn parts(mta: &str) -> Vec<Part> {
    let found = crate::model::profile::Found { name: mta.into(), version: String::new(), active: true };
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    Plain.parts(&host, &Profile { mtas: vec![found], ..Profile::default() })
}

/// The part with every path under `/etc` in that folder.
fn moved(part: &Part, etc: &std::path::Path) -> Part {
    let mut moved = Part::new(part.name.clone(), part.script.replace("/etc/", &format!("{}/", etc.display())));
    moved.values = part.values.clone();
    moved
}

#[test]
fn the_script_reads_users_and_tables_and_lets_no_password_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(
        path("users"),
        "info@example.jp:{PLAIN}S3cret:999:999::/home\n# old\nsales@example.jp:{PLAIN}S3cret\n",
    )
    .unwrap();
    std::fs::write(path("vmail"), "info@example.jp example.jp/info/\n").unwrap();
    std::fs::write(
        path("virtual"),
        "# comment\nall@example.jp info@example.jp,\n   sales@example.jp\n@catch.example info@example.jp\n",
    )
    .unwrap();
    std::fs::write(path("aliases"), "root: alice\nhook: \"|/usr/bin/curl -u bob:S3cret https://x\"\n").unwrap();
    tool(
        dir.path(),
        "getent",
        "[ $1 = passwd ] || { echo 'alice:!$6$S3cret:1:0:9:7:::'; exit; }
         printf 'root:x:0:0::/root:/bin/sh\\nalice:x:1000:1000::/home/alice:/bin/sh\\nnobody:x:65534:1::/:/bin/false\\n'",
    );
    tool(dir.path(), "doveadm", "echo 'Fatal: user listing failed' >&2; exit 75");
    tool(
        dir.path(),
        "doveconf",
        &format!("printf 'passdb {{\\n  args = scheme=PLAIN {}\\n  driver = passwd-file\\n}}\\n'", path("users")),
    );
    tool(
        dir.path(),
        "postconf",
        &format!(
            "case $2 in virtual_mailbox_maps) echo 'hash:{}, mysql:/etc/postfix/my.cf' ;; virtual_alias_maps) echo 'proxy:hash:{}' ;; alias_maps) echo 'hash:{}' ;; esac",
            path("vmail"),
            path("virtual"),
            path("aliases")
        ),
    );
    let output = run(&parts("postfix")[0], dir.path());
    assert!(!output.stdout.for_human(99_999).contains("S3cret") && !output.stderr.for_human(9_999).contains("S3cret"));
    let outputs = [output];
    let report = AccountsReport::new(Plain.read(&Profile::default(), &outputs).unwrap());
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "accounts": [
        {
          "address": "@catch.example",
          "kind": "alias",
          "source": "virtual",
          "logins": [],
          "disabled": false,
          "owner": false,
          "forwards": [
            "info@example.jp"
          ],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "alice",
          "kind": "system",
          "source": "passwd",
          "logins": [
            "alice"
          ],
          "disabled": true,
          "owner": false,
          "forwards": [],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "all@example.jp",
          "kind": "alias",
          "source": "virtual",
          "logins": [],
          "disabled": false,
          "owner": false,
          "forwards": [
            "info@example.jp",
            "sales@example.jp"
          ],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "hook",
          "kind": "alias",
          "source": "aliases",
          "logins": [],
          "disabled": false,
          "owner": false,
          "forwards": [
            "|/usr/bin/curl"
          ],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "info@example.jp",
          "kind": "mailbox",
          "source": "dovecot",
          "logins": [
            "info@example.jp",
            "info"
          ],
          "disabled": false,
          "owner": false,
          "forwards": [],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "root",
          "kind": "alias",
          "source": "aliases",
          "logins": [],
          "disabled": false,
          "owner": false,
          "forwards": [
            "alice"
          ],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        },
        {
          "address": "sales@example.jp",
          "kind": "mailbox",
          "source": "dovecot",
          "logins": [
            "sales@example.jp",
            "sales"
          ],
          "disabled": false,
          "owner": false,
          "forwards": [],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        }
      ],
      "addresses": [
        "all@example.jp",
        "info@example.jp",
        "sales@example.jp"
      ],
      "logins": [
        "alice",
        "info",
        "info@example.jp",
        "sales",
        "sales@example.jp"
      ],
      "total": 7,
      "sources": [
        "aliases",
        "dovecot",
        "passwd",
        "virtual"
      ],
      "complete": false,
      "incomplete": [
        "accounts in mysql:/etc/postfix/my.cf are not read"
      ],
      "not_known": []
    }
    "#);
}

#[test]
fn an_answer_that_was_cut_off_is_not_complete() {
    let whole = read("user\talice\nend\ndone\n");
    assert!(whole.complete && whole.not_known.is_empty(), "{whole:?}");
    let no_homes = read("user\talice\nend\noff\talice\n");
    assert!(no_homes.complete && no_homes.accounts[0].disabled, "{no_homes:?}");
    assert_eq!(no_homes.not_known, ["home directories: the output was truncated"]);
    assert_eq!(read("user\talice\n").incomplete, ["accounts: the output was truncated"]);
    let odd = read("user\t-rf\nuser\tx\ty\nvirtual\t$(id)@x\nend\ndone\n");
    assert_eq!((odd.total, odd.incomplete), (0, vec!["3 rows are not mail addresses and were skipped".to_owned()]));
    assert!(Plain.read(&Profile::default(), &[]).is_err());
}

#[test]
fn a_host_with_sendmail_has_locks_and_a_table_of_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let etc = dir.path();
    std::fs::create_dir(etc.join("mail")).unwrap();
    for (name, text) in [
        ("mail/virtusertable", include_str!("../../../../tests/captures/webmin/virtusertable.txt")),
        ("mail/aliases", include_str!("../../../../tests/captures/webmin/aliases.txt")),
        ("shadow", include_str!("../../../../tests/captures/webmin/shadow.txt")),
        ("login.defs", "UID_MIN 500\n"),
        (
            "passwd",
            "root:x:0:0::/root:/bin/sh\nalice:x:500:1::/h:/bin/sh\nbob:x:501:1::/h:/bin/sh\ncarol:x:502:1::/h:/bin/sh\n",
        ),
    ] {
        std::fs::write(etc.join(name), text).unwrap();
    }
    tool(etc, "getent", "exit 2");
    tool(etc, "doveadm", "exit 0");
    tool(etc, "sendmail", "echo 'Enter <ruleset> <address>'; printf '> mx1.example.jp\\nlocalhost\\n[127.0.0.1]\\n> '");
    let output = run(&moved(&parts("sendmail")[0], etc), etc);
    assert!(!output.stdout.for_human(99_999).contains("S3cret"));
    insta::assert_snapshot!(output.stdout.for_human(9_999), @r#"
    user	alice
    user	bob
    user	carol
    off	bob
    off	carol
    domain	localhost
    domain	mx1.example.jp
    alias	postmaster	root
    alias	root	alice
    alias	root	bob@outside.example
    alias	hook	|/usr/bin/curl
    alias	away	|/usr/bin/vacation
    alias	away	\alice
    alias	away	carol@outside.example
    alias	open	|/usr/bin/never
    alias	open	bob
    virtuser	info@example.jp	alice
    virtuser	sales@example.jp	bob@outside.example
    virtuser	@catch.example	%1@example.jp
    end
    done
    "#);
    let report = AccountsReport::new(Plain.read(&Profile::default(), &[output]).unwrap());
    let off: Vec<_> = report.accounts.iter().filter(|a| a.disabled).map(|a| a.address.as_str()).collect();
    assert_eq!(off, ["bob", "carol"]);
    assert_eq!(report.logins, ["alice", "bob", "carol"], "a locked user is still an account");
    assert_eq!(report.addresses, ["info@example.jp", "sales@example.jp"]);
    let exim = run(&moved(&parts("exim")[0], etc), etc).stdout.for_human(9_999).to_string();
    assert!(exim.contains("alias\troot\talice\n") && !exim.contains("virtuser"), "{exim}");
    std::fs::remove_file(etc.join("shadow")).unwrap();
    let report = read(&run(&moved(&parts("exim")[0], etc), etc).stdout.for_human(9_999));
    assert!(report.complete && report.not_known[0].starts_with("which users are locked"), "{report:?}");
}

#[test]
fn an_account_whose_password_was_locked_is_off() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("users").display().to_string();
    std::fs::write(&file, "info@example.jp:{CRYPT}!{PLAIN}S3cret:9:9\nsales@example.jp:{CRYPT}x\n").unwrap();
    tool(dir.path(), "getent", "exit 0");
    tool(dir.path(), "doveadm", "printf 'info@example.jp\\nsales@example.jp\\n'");
    let conf = format!("printf 'passdb {{\\n  args = {file}\\n  driver = passwd-file\\n}}\\n'");
    tool(dir.path(), "doveconf", &conf);
    let output = run(&moved(&parts("exim")[0], dir.path()), dir.path());
    assert!(!output.stdout.for_human(9_999).contains("S3cret"));
    let report = AccountsReport::new(Plain.read(&Profile::default(), &[output]).unwrap());
    let off: Vec<_> = report.accounts.iter().map(|a| (a.address.as_str(), a.disabled)).collect();
    assert_eq!(off, [("info@example.jp", true), ("sales@example.jp", false)]);
}

#[test]
fn homes_tell_forwards_vacations_and_deliveries_and_no_command() {
    let dir = tempfile::tempdir().unwrap();
    let home = |name: &str| dir.path().join(name).display().to_string();
    let id = |what: &str| {
        let told = std::process::Command::new("id").arg(what).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    };
    // Two names of the one user that owns all files here.
    let (me, evil) = (id("-un"), id("-u"));
    for folder in ["me/Maildir/new", "me/Maildir/cur", "evil"] {
        std::fs::create_dir_all(home(folder)).unwrap();
    }
    std::fs::write(home("me/.forward"), include_str!("../../../../tests/captures/webmin/forward.txt")).unwrap();
    std::fs::write(home("secret"), "S3cret\n").unwrap();
    std::os::unix::fs::symlink(home("secret"), home("evil/.forward")).unwrap();
    let passwd = format!("{me}:x:1000:1::{}:/bin/sh\n{evil}:x:1001:1::{}:/bin/sh\n", home("me"), home("evil"));
    std::fs::write(home("passwd"), passwd).unwrap();
    tool(dir.path(), "getent", &format!("cat '{}'", home("passwd")));
    tool(dir.path(), "doveconf", "exit 0");
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_487_362);
    for (folder, at) in [("me/Maildir/cur", at), ("me/Maildir/new", at - std::time::Duration::from_secs(99))] {
        std::fs::File::open(home(folder)).unwrap().set_modified(at).unwrap();
    }
    tool(dir.path(), "doveadm", "exit 0");
    let output = run(&parts("postfix")[0], dir.path());
    let told = output.stdout.for_human(9_999).to_string();
    assert_eq!(output.stderr.for_human(999), "");
    assert!(!told.contains("S3cret") && !told.contains("carol"), "{told}");
    let report = AccountsReport::new(Plain.read(&Profile::default(), &[output]).unwrap());
    let account = report.accounts.iter().find(|account| account.address == me).unwrap();
    assert_eq!(account.forwards, ["someone@outside.example", "last@outside.example", "bob"]);
    assert_eq!((account.autoresponder, account.last_delivery.as_deref()), (true, Some("2026-11-24T02:29:22Z")));
    assert_eq!((report.complete, report.not_known.len()), (true, 0), "{report:?}");
}

#[test]
fn a_cut_or_flipped_answer_never_panics_and_a_cut_one_is_not_complete() {
    let whole = b"user\talice\noff\talice\nvirtuser\tinfo@example.jp\talice\nvirtual\tx@example.jp\nunknown\tx\nend\n\
        off\talice\ndelivery\talice\t1795487362.12\ndone\n";
    for cut in 0..whole.len() {
        let report = |bytes: &[u8]| Plain.read(&Profile::default(), &[fine("accounts.plain", bytes)]).unwrap();
        let found = report(&whole[..cut]);
        assert_eq!(found.incomplete.is_empty() && found.not_known == ["x"], cut + 1 == whole.len(), "{cut}: {found:?}");
        let mut flipped = whole.to_vec();
        flipped[cut] ^= 0x55;
        report(&flipped);
    }
}

#[test]
fn the_domains_of_the_mail_server_are_told_and_it_is_told_when_some_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("local"), "# own\nexample.jp ok\n").unwrap();
    let told = |mta: &str, destination: &str| {
        let at = dir.path().display().to_string();
        let destination = destination.replace("DIR", &at);
        let script = format!(
            "case $2 in myhostname) echo mx1.example.jp ;; mydomain) echo example.jp ;; mydestination) echo '{destination}' ;; \
             virtual_alias_domains) echo '$virtual_alias_maps' ;; esac"
        );
        tool(dir.path(), "postconf", &script);
        let said = run(&parts(mta)[0], dir.path()).stdout.for_human(99_999).to_string();
        said.lines().filter_map(|line| line.strip_prefix("domain\t")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        told("postfix", "$myhostname, localhost.${mydomain}, other.example"),
        "localhost.example.jp mx1.example.jp other.example"
    );
    assert_eq!(told("postfix", "hash:DIR/local /nonexistent"), "* example.jp");
    assert_eq!(told("postfix", "mysql:/etc/postfix/my.cf"), "*");
    assert_eq!(told("exim", ""), "*");
}

#[test]
fn a_unix_user_s_name_is_no_short_name_of_a_mailbox() {
    let text = "user\tinfo\nvirtual\tinfo@example.jp\nvirtual\tsales@example.jp\nend\ndone\n";
    let report = AccountsReport::new(Plain.read(&Profile::default(), &[fine("accounts.plain", text)]).unwrap());
    let logins: Vec<_> = report.accounts.iter().map(|a| a.logins.join(" ")).collect();
    assert_eq!(logins, ["info", "info@example.jp", "sales@example.jp sales"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Plain.read(&Profile::default(), &[fine("accounts.plain", bytes)]);
    }
}
