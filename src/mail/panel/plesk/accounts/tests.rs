use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::accounts::{ACCOUNTS_OUTPUT, AccountsReport};
use proptest::prelude::*;

const DB: &str = "mail\tinfo@example.jp\ttrue\tfalse\nmail\told@example.jp\tfalse\ttrue\n\
    alias\tcontact@example.jp\tinfo@example.jp\nforward\told@example.jp\tsomeone@outside.example\nend\n";
const LIST: &str = "mailname\tinfo@example.jp\nmailname\told@example.jp\nalias\tcontact@example.jp\nend=0\n";

fn read(list: &str, db: &str) -> AccountsReport {
    let list = if list.contains("end=") { format!("{list}done\n") } else { list.to_owned() };
    let outputs = [fine("accounts.plesk.list", list), fine("accounts.plesk.db", db)];
    report(&outputs)
}

fn report(outputs: &[PartOutput]) -> AccountsReport {
    AccountsReport::new(PleskAccounts.read(&Profile::default(), outputs).unwrap())
}

fn parts() -> Vec<Part> {
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    PleskAccounts.parts(&host, &Profile::default())
}

/// Runs the scripts with Plesk's own folders in that one, and stand-ins in its `tools`.
fn with(dir: &std::path::Path) -> (AccountsReport, String) {
    let root = dir.display();
    let moved = |part: &Part| {
        let script = part.script.replace("/usr/local/psa", &format!("{root}/psa")).replace("/opt/psa", "/nonexistent");
        Part::new(part.name.clone(), script.replace("/etc/psa", &format!("{root}/etc")))
    };
    let outputs: Vec<PartOutput> = parts().iter().map(|part| run(&moved(part), &dir.join("tools"))).collect();
    let all = outputs.iter().map(|o| o.stdout.for_human(99_999) + &o.stderr.for_human(9_999)).collect();
    (report(&outputs), all)
}

/// A host with that tool in its `plesk` command, and a mailbox of info@.
fn host(plesk: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["tools", "etc", "boxes/example.jp/info/Maildir/new", "boxes/example.jp/info/Maildir/cur"] {
        std::fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    let conf = format!("PRODUCT_ROOT_D /usr/local/psa\nPLESK_MAILNAMES_D {}/boxes\n", dir.path().display());
    std::fs::write(dir.path().join("etc/psa.conf"), conf).unwrap();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_487_362);
    for (name, at) in [("new", at), ("cur", at - std::time::Duration::from_secs(60))] {
        let folder = dir.path().join("boxes/example.jp/info/Maildir").join(name);
        std::fs::File::open(folder).unwrap().set_modified(at).unwrap();
    }
    tool(&dir.path().join("tools"), "doveconf", "exit 0");
    if !plesk.is_empty() {
        tool(&dir.path().join("tools"), "plesk", plesk);
    }
    dir
}

fn with_plesk(plesk: &str) -> (AccountsReport, String) {
    with(host(plesk).path())
}

const OBSIDIAN: &str = r#"
case "$*" in
*'-json') printf 'PHP Notice: x in /y on line 3\n[{"type":"mailname","password":"S3cret","name":"info@example.jp"},{"type":"alias","name":"contact@example.jp"},\n {"name":"old@example.jp","type":"mailname"}]\n' ;;
*postbox*) printf 'info@example.jp\ttrue\tfalse\nold@example.jp\tfalse\ttrue\n' ;;
*mail_aliases*) printf 'contact@example.jp\tinfo@example.jp\n' ;;
*redir_addr*) printf 'old@example.jp\tsomeone@outside.example\n' ;;
*mail_redir*) : ;;
*autoresponder*) printf 'info@example.jp\ttrue\n' ;;
*d.status*) : ;;
*mail_auth_view) printf '| address | flags | password |\n| info@example.jp |  | S3cret|A | A |\n| old@example.jp | A E | S3cret |\n' ;;
*) exit 9 ;;
esac"#;

const ONYX: &str = r#"
case "$*" in
*'-json') echo 'Unknown option -json' >&2; exit 1 ;;
*--list) printf 'PHP Warning: x\nERR [1] notice\nType      Name\nmailname   info@example.jp\nERR [1] alias\tcontact@example.jp\nmailname old@example.jp\n\nSUCCESS: done\n' ;;
*postbox*) printf 'info@example.jp\ttrue\tfalse\nold@example.jp\tfalse\ttrue\n' ;;
*mail_aliases*) printf 'contact@example.jp\tinfo@example.jp\n' ;;
*redir_addr* | *m.autoresponder*) echo 'Unknown column' >&2; exit 1 ;;
*mail_resp*) printf 'info@example.jp\t12\n' ;;
*d.status*) printf 'old@example.jp\t16\n' ;;
*mail_auth_view) exit 127 ;;
*) exit 0 ;;
esac"#;

#[test]
fn obsidian_and_onyx_tell_the_same_accounts() {
    let (obsidian, all) = with_plesk(OBSIDIAN);
    assert!(!all.contains("S3cret"), "{all}");
    assert!(obsidian.complete && obsidian.not_known.is_empty(), "{obsidian:?}");
    insta::assert_snapshot!(serde_json::to_string_pretty(&obsidian).unwrap(), @r#"
    {
      "accounts": [
        {
          "address": "contact@example.jp",
          "kind": "alias",
          "source": "plesk",
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
          "address": "info@example.jp",
          "kind": "mailbox",
          "source": "plesk",
          "logins": [
            "info@example.jp",
            "info"
          ],
          "disabled": false,
          "owner": false,
          "forwards": [],
          "autoresponder": true,
          "last_login": null,
          "last_delivery": "2026-11-24T02:29:22Z"
        },
        {
          "address": "old@example.jp",
          "kind": "forward",
          "source": "plesk",
          "logins": [],
          "disabled": true,
          "owner": false,
          "forwards": [
            "someone@outside.example"
          ],
          "autoresponder": false,
          "last_login": null,
          "last_delivery": null
        }
      ],
      "addresses": [
        "contact@example.jp",
        "info@example.jp",
        "old@example.jp"
      ],
      "logins": [
        "info",
        "info@example.jp"
      ],
      "total": 3,
      "sources": [
        "plesk"
      ],
      "complete": true,
      "incomplete": [],
      "not_known": []
    }
    "#);
    let (onyx, _) = with_plesk(ONYX);
    assert!(onyx.complete, "{:?}", onyx.incomplete);
    let unsure = ["plesk database: the query for forward failed", "who is disabled: mail_auth_view did not answer"];
    assert_eq!(onyx.not_known, unsure);
    let flags = |report: &AccountsReport| {
        report.accounts.iter().map(|a| (a.address.clone(), a.disabled, a.autoresponder)).collect::<Vec<_>>()
    };
    assert_eq!(flags(&onyx), flags(&obsidian));
    assert_eq!((onyx.addresses, onyx.logins), (obsidian.addresses, obsidian.logins));
}

#[test]
fn a_group_without_a_mailbox_only_forwards() {
    let list = "mailname\tinfo@example.jp\nmailname\tteam@example.jp\nmailname\toff@example.jp\nend=0\n";
    let db = "mail\tinfo@example.jp\ttrue\tfalse\nmail\toff@example.jp\tfalse\tfalse\n\
              mail\tteam@example.jp\tfalse\tfalse\ngroup\tinfo@example.jp\ta@outside.example\n\
              group\tteam@example.jp\tb@outside.example\nend\n";
    let report = read(list, db);
    let kinds: Vec<_> = report.accounts.iter().map(|a| (a.address.as_str(), a.kind, a.forwards.len())).collect();
    let expected = [
        ("info@example.jp", AccountKind::Mailbox, 1),
        ("off@example.jp", AccountKind::Mailbox, 0),
        ("team@example.jp", AccountKind::Forward, 1),
    ];
    assert_eq!(kinds, expected);
    assert!(!report.logins.iter().any(|login| login.starts_with("team")), "{:?}", report.logins);
}

#[test]
fn a_utility_that_fails_says_why_and_nothing_of_passwords() {
    let (report, all) = with_plesk("echo \"Password 'S3cret' is bad\" >&2; echo 'The license has expired' >&2; exit 1");
    assert!(!all.contains("S3cret"));
    assert_eq!(report.incomplete[0], "plesk accounts: The license has expired");
    assert_eq!(report.total, 0);
}

const TABLE: &str = include_str!("../../../../../tests/captures/plesk/mail-list.txt");
const JAPANESE: &str = include_str!("../../../../../tests/captures/plesk/mail-list-ja.txt");
const JSON: &str = include_str!("../../../../../tests/captures/plesk/mail-list.json");
const VIEW: &str = include_str!("../../../../../tests/captures/plesk/mail_auth_view.txt");

/// A host before there was a `plesk` command, whose utilities print the texts.
fn old(list: &str, utility: &str) -> (AccountsReport, String) {
    let dir = host("");
    for (name, text) in [("list", list), ("view", VIEW), ("etc/.psa.shadow", "Adm1n-S3cret\n")] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    std::fs::create_dir_all(dir.path().join("psa/bin")).unwrap();
    std::fs::create_dir_all(dir.path().join("psa/admin/bin")).unwrap();
    let root = dir.path().display().to_string();
    let list = format!("[ $# = 1 ] || {{ echo \"Unrecognized option '$2'\" >&2; exit 1; }}\ncat '{root}/list'");
    tool(&dir.path().join("psa/bin"), utility, &list);
    tool(&dir.path().join("psa/admin/bin"), "mail_auth_view", &format!("cat '{root}/view'"));
    // The administrator's password comes by the environment, and never on an argument list.
    let mysql = r#"[ "$MYSQL_PWD" = Adm1n-S3cret ] || exit 1
case "$*" in
*S3cret*) exit 1 ;;
'-uadmin psa -sNe SELECT '*', m.postbox FROM '*) printf 'old@example.jp\tfalse\ninfo@example.jp\ttrue\n' ;;
*mail_aliases*) printf 'contact@example.jp\tinfo@example.jp\n' ;;
*redir_addr*) printf 'sales@example.jp\ta@outside.example; b@outside.example\n' ;;
*) echo 'ERROR 1054 (42S22)' >&2; exit 1 ;;
esac"#;
    tool(&dir.path().join("tools"), "mysql", mysql);
    with(dir.path())
}

#[test]
fn a_host_without_the_plesk_command_is_read_by_its_utilities() {
    for utility in ["mail", "mail.sh"] {
        let (report, all) = old(TABLE, utility);
        assert!(!all.contains("S3cret") && !all.contains("ADDA"), "{all}");
        assert!(report.complete, "{:?}", report.incomplete);
        let addresses =
            ["contact@example.jp", "info@example.jp", "old@example.jp", "sales@example.jp", "shop@shop.example.jp"];
        assert_eq!(report.addresses, addresses);
        let off: Vec<_> = report.accounts.iter().filter(|a| a.disabled).map(|a| a.address.as_str()).collect();
        assert_eq!(off, ["old@example.jp", "shop@shop.example.jp"]);
        assert!(report.logins.contains(&"old@example.jp".to_owned()), "a disabled account is still an account");
        assert_eq!(report.accounts[1].last_delivery.as_deref(), Some("2026-11-24T02:29:22Z"));
        assert_eq!(report.accounts[3].forwards, ["a@outside.example", "b@outside.example"]);
        let refused =
            ["group", "autoreply", "off"].map(|which| format!("plesk database: the query for {which} failed"));
        assert_eq!(report.not_known, refused);
    }
}

#[test]
fn notices_and_sentences_in_any_language_are_no_accounts() {
    let (report, _) = old(JAPANESE, "mail");
    assert_eq!(report.addresses, ["contact@example.jp", "info@example.jp", "old@example.jp", "sales@example.jp"]);
    assert!(report.complete, "{:?}", report.incomplete);
    let (report, _) = old("種類 メール名\nメール名 info@example.jp\n別名 contact@example.jp\n", "mail");
    assert_eq!(report.incomplete, ["2 rows are not mail addresses and were skipped"]);
}

#[test]
fn a_list_that_a_utility_left_half_done_is_not_complete() {
    let plesk = |rc: u8| format!("case \"$*\" in *-json) cat <<'E'\n{JSON}E\nexit {rc} ;; *view) exit 0 ;; esac");
    let (whole, all) = with_plesk(&plesk(0));
    assert!(whole.complete && !all.contains("S3cret"), "{all}");
    assert_eq!(whole.addresses.len(), 5);
    assert_eq!(whole.logins.len(), 8, "four mailboxes, each with a name of its own");
    let (half, _) = with_plesk(&plesk(137));
    assert_eq!(half.incomplete, ["plesk accounts: the utility exited with status 137"]);
}

#[test]
fn a_cut_or_flipped_answer_never_panics_and_a_cut_one_is_not_complete() {
    let outputs = [
        fine(
            "accounts.plesk.list",
            format!("{LIST}off\told@example.jp\ndelivery\tinfo@example.jp\t1795487362.12\ndone\n"),
        ),
        fine("accounts.plesk.db", format!("off\told@example.jp\t16\nautoreply\tinfo@example.jp\ttrue\n{DB}")),
    ];
    for at in 0..outputs.len() {
        let whole = outputs[at].stdout.parse(|bytes| Ok::<_, ParseError>(bytes.to_vec())).unwrap();
        for cut in 0..whole.len() {
            let mut outputs = outputs.clone();
            outputs[at] = fine(&outputs[at].name.clone(), &whole[..cut]);
            let cut_one = report(&outputs);
            let said = !cut_one.complete || !cut_one.not_known.is_empty();
            assert_eq!(said, cut + 1 < whole.len(), "{cut} of {}: {cut_one:?}", whole.len());
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            outputs[at] = fine(&outputs[at].name.clone(), flipped);
            report(&outputs);
        }
    }
}

#[test]
fn the_report_has_the_declared_keys() {
    let report = serde_json::to_value(read(LIST, DB)).unwrap();
    crate::model::schema::testing::assert_same_keys(&report, ACCOUNTS_OUTPUT);
}

#[test]
fn a_short_name_is_a_login_only_while_one_mailbox_has_it() {
    let report = read("mailname\tinfo@a.jp\nmailname\tinfo@b.jp\nmailname\tsales@a.jp\nend=0\n", "end\n");
    assert_eq!(report.logins, ["info@a.jp", "info@b.jp", "sales", "sales@a.jp"]);
}

#[test]
fn an_answer_that_was_cut_off_is_not_complete() {
    assert!(read(LIST, DB).complete);
    assert_eq!(read("mailname\tinfo@example.jp\n", DB).incomplete, ["plesk accounts: the output was truncated"]);
    assert!(PleskAccounts.read(&Profile::default(), &[]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read(list in proptest::collection::vec(any::<u8>(), 0..200), db in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PleskAccounts.read(&Profile::default(), &[fine("accounts.plesk.list", list), fine("accounts.plesk.db", db)]);
    }
}
