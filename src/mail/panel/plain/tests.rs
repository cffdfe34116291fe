use super::*;
use crate::mail::accounts::AccountsReport;
use crate::mail::output::testing::{fine, run, tool};
use proptest::prelude::*;

fn read(text: &str) -> AccountsReport {
    AccountsReport::new(Plain.read(&[fine("accounts.plain", text)]).unwrap())
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
        "printf 'root:x:0:0::/root:/bin/sh\\nalice:x:1000:1000::/home/alice:/bin/sh\\nnobody:x:65534:1::/:/bin/false\\n'",
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
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let output = run(&Plain.parts(&host)[0], dir.path());
    assert!(!output.stdout.for_human(99_999).contains("S3cret") && !output.stderr.for_human(9_999).contains("S3cret"));
    let report = AccountsReport::new(Plain.read(&[output]).unwrap());
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "accounts": [
        {
          "address": "@catch.example",
          "kind": "alias",
          "source": "virtual",
          "disabled": false,
          "forwards": [
            "info@example.jp"
          ]
        },
        {
          "address": "alice",
          "kind": "system",
          "source": "passwd",
          "disabled": false,
          "forwards": []
        },
        {
          "address": "all@example.jp",
          "kind": "alias",
          "source": "virtual",
          "disabled": false,
          "forwards": [
            "info@example.jp",
            "sales@example.jp"
          ]
        },
        {
          "address": "hook",
          "kind": "alias",
          "source": "aliases",
          "disabled": false,
          "forwards": [
            "|/usr/bin/curl"
          ]
        },
        {
          "address": "info@example.jp",
          "kind": "mailbox",
          "source": "dovecot",
          "disabled": false,
          "forwards": []
        },
        {
          "address": "root",
          "kind": "alias",
          "source": "aliases",
          "disabled": false,
          "forwards": [
            "alice"
          ]
        },
        {
          "address": "sales@example.jp",
          "kind": "mailbox",
          "source": "dovecot",
          "disabled": false,
          "forwards": []
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
      ]
    }
    "#);
}

#[test]
fn an_answer_that_was_cut_off_is_not_complete() {
    assert!(read("user\talice\nend\n").complete);
    assert_eq!(read("user\talice\n").incomplete, ["accounts: the answer was cut off"]);
    let odd = read("user\t-rf\nuser\tx\ty\nvirtual\t$(id)@x\nend\n");
    assert_eq!((odd.total, odd.incomplete), (0, vec!["3 rows are no mail address and were left out".to_owned()]));
    assert!(Plain.read(&[]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Plain.read(&[fine("accounts.plain", bytes)]);
    }
}
