use super::*;
use crate::mail::accounts::{ACCOUNTS_OUTPUT, AccountsReport};
use crate::mail::output::testing::{fine, run, tool};
use proptest::prelude::*;

const DB: &str = "mail\tinfo@example.jp\ttrue\tfalse\nmail\told@example.jp\tfalse\ttrue\n\
    alias\tcontact@example.jp\tinfo@example.jp\nforward\told@example.jp\tsomeone@outside.example\nend\n";
const LIST: &str = "mailname\tinfo@example.jp\nmailname\told@example.jp\nalias\tcontact@example.jp\nend=0\n";

fn read(list: &str, db: &str) -> AccountsReport {
    let outputs = [fine("accounts.plesk.list", list), fine("accounts.plesk.db", db)];
    AccountsReport::new(PleskAccounts.read(&outputs).unwrap())
}

/// Runs both scripts against a stand-in for the `plesk` command.
fn with_plesk(plesk: &str) -> (AccountsReport, String) {
    let dir = tempfile::tempdir().unwrap();
    tool(dir.path(), "plesk", plesk);
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let outputs: Vec<PartOutput> = PleskAccounts.parts(&host).iter().map(|part| run(part, dir.path())).collect();
    let all = outputs.iter().map(|o| o.stdout.for_human(99_999) + &o.stderr.for_human(9_999)).collect();
    (AccountsReport::new(PleskAccounts.read(&outputs).unwrap()), all)
}

const OBSIDIAN: &str = r#"
case "$*" in
*'-json') printf 'PHP Notice: x in /y on line 3\n[{"type":"mailname","password":"S3cret","name":"info@example.jp"},{"type":"alias","name":"contact@example.jp"},\n {"name":"old@example.jp","type":"mailname"}]\n' ;;
*postbox*) printf 'info@example.jp\ttrue\tfalse\nold@example.jp\tfalse\ttrue\n' ;;
*mail_aliases*) printf 'contact@example.jp\tinfo@example.jp\n' ;;
*redir_addr*) printf 'old@example.jp\tsomeone@outside.example\n' ;;
*mail_redir*) : ;;
*) exit 9 ;;
esac"#;

const ONYX: &str = r#"
case "$*" in
*'-json') echo 'Unknown option -json' >&2; exit 1 ;;
*--list) printf 'PHP Warning: x\nERR [1] notice\nType      Name\nmailname   info@example.jp\nERR [1] alias\tcontact@example.jp\nmailname old@example.jp\n\nSUCCESS: done\n' ;;
*postbox*) printf 'info@example.jp\ttrue\tfalse\nold@example.jp\tfalse\ttrue\n' ;;
*mail_aliases*) printf 'contact@example.jp\tinfo@example.jp\n' ;;
*redir_addr*) echo 'Unknown column' >&2; exit 1 ;;
*) exit 0 ;;
esac"#;

#[test]
fn obsidian_and_onyx_tell_the_same_accounts() {
    let (obsidian, all) = with_plesk(OBSIDIAN);
    assert!(!all.contains("S3cret"), "{all}");
    assert!(obsidian.complete, "{:?}", obsidian.incomplete);
    insta::assert_snapshot!(serde_json::to_string_pretty(&obsidian).unwrap(), @r#"
    {
      "accounts": [
        {
          "address": "contact@example.jp",
          "kind": "alias",
          "source": "plesk",
          "disabled": false,
          "forwards": [
            "info@example.jp"
          ]
        },
        {
          "address": "info@example.jp",
          "kind": "mailbox",
          "source": "plesk",
          "disabled": false,
          "forwards": []
        },
        {
          "address": "old@example.jp",
          "kind": "forward",
          "source": "plesk",
          "disabled": false,
          "forwards": [
            "someone@outside.example"
          ]
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
      "incomplete": []
    }
    "#);
    let (onyx, _) = with_plesk(ONYX);
    assert_eq!(onyx.incomplete, ["plesk database: the query for forward failed"]);
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

#[test]
fn the_report_has_the_declared_keys() {
    let report = serde_json::to_value(read(LIST, DB)).unwrap();
    crate::mail::table_test::assert_same_keys(&report, ACCOUNTS_OUTPUT);
}

#[test]
fn a_short_name_is_a_login_only_while_one_mailbox_has_it() {
    let report = read("mailname\tinfo@a.jp\nmailname\tinfo@b.jp\nmailname\tsales@a.jp\nend=0\n", "end\n");
    assert_eq!(report.logins, ["info@a.jp", "info@b.jp", "sales", "sales@a.jp"]);
}

#[test]
fn an_answer_that_was_cut_off_is_not_complete() {
    assert!(read(LIST, DB).complete);
    assert_eq!(read("mailname\tinfo@example.jp\n", DB).incomplete, ["plesk accounts: the answer was cut off"]);
    assert!(PleskAccounts.read(&[]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read(list in proptest::collection::vec(any::<u8>(), 0..200), db in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = PleskAccounts.read(&[fine("accounts.plesk.list", list), fine("accounts.plesk.db", db)]);
    }
}
