use super::*;
use crate::model::{Change, ChangeResult, EventKind, Op, Outcome, Row, RowEnd, RowResult, StepRef};
use crate::model::{HostStatus, Level};
use crate::report::testing::{Story, host};
use proptest::prelude::*;
use serde_json::{Value, json};

fn drawn(story: &Story, lang: Lang, verbose: u8) -> String {
    page(&story.digest(), Look { color: false, lang, width: 100, verbose }).into_text()
}

/// A night's audit with some of everything.
fn night() -> Story {
    let hosts: Vec<String> = (1..=40).map(|n| format!("mx{n:02}")).chain(["old".into()]).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut story = Story::new("audit", &hosts);
    for host in &hosts[..30] {
        story.connect(host).step(host, "queue", Some(json!({"total": 3})));
        story.found(host, "OS_EOL", Level::Info, "", json!({"os": "CentOS 7", "surcharge_jpy_per_hour": 15000}));
        if *host == "mx07" {
            let hot = json!({"peak_per_hour": 1812, "peak_recipients_per_hour": 3600, "ips": ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]});
            story.found(host, "SENDER_HOT", Level::High, "info@example.jp", hot);
            let scripts = json!({"scripts": ["/var/www/お知らせ.php"], "messages": 90});
            story.found(host, "SENDER_UNKNOWN", Level::Critical, "www-data", scripts);
        }
        if ["mx08", "mx09"].contains(host) {
            story.found(host, "SHOP_RULE", Level::Warn, "", json!({"score": host.len(), "host": host}));
        }
        story.end(host, HostStatus::Ok);
    }
    for host in &hosts[30..33] {
        story.connect(host).note(host, "mail server exim is not yet supported").end(host, HostStatus::Skipped);
    }
    story.unreachable("mx34").unreachable("mx35");
    story.connect("mx36").failing("mx36", "senders", "mail log is missing: /var/log/maillog", None);
    story.end("mx36", HostStatus::Failed);
    story
        .connect("old")
        .failing("old", "accounts", "no panel", Some("old panels have none"))
        .end("old", HostStatus::Ok);
    for host in &hosts[36..40] {
        story.end(host, HostStatus::NotStarted);
    }
    story.finish();
    story
}

#[test]
fn a_night_in_english() {
    insta::assert_snapshot!(drawn(&night(), Lang::En, 0), @"
    audit  tag:plesk & !tag:frozen  41 hosts  run 2026-11-24.3  took 1m12s

    findings: critical 1, high 1, warn 2, info 30
      critical  mx07  SENDER_UNKNOWN  www-data
                www-data sent mail (90 messages), but the host has no such account: a sign of intrusion
                scripts=/var/www/お知らせ.php
      high      mx07  SENDER_HOT  info@example.jp
                info@example.jp sends unusually much mail: up to 1,812 messages to 3,600 recipients within an hour
                ips=192.0.2.1,192.0.2.2,192.0.2.3,+1
      warn      mx[08-09] (2 hosts)  SHOP_RULE
                SHOP_RULE in own words
                mx08: score=4  host=mx08
                mx09: score=4  host=mx09
      info      mx[01-30] (30 hosts)  OS_EOL
                the operating system is past maintenance: CentOS 7; work on it costs 15,000 JPY per hour extra (excluding tax)

    problems: 10 hosts
      failed 1: mx36
        step senders: failed: mail log is missing: /var/log/maillog
      unreachable 2: mx[34-35]
        unreachable{connect-timeout}: connect timed out after 10s
        hint: fleet doctor shows which phase fails
      not started 4: mx[37-40]
      skipped 3: mx[31-33]
        mail server exim is not yet supported

    notes: 2
      old SSH algorithms had to be allowed (legacy_ssh)
        1 host: old
      step accounts: failed: no panel (tolerated because: old panels have none)
        1 host: old

    hosts: ok 31 (with findings 30), skipped 3, failed 1, unreachable 2, not started 4
    failed steps: 1
    tolerated failures: 1
    run 2026-11-24.3: fleet show 2026-11-24.3
    ");
}

#[test]
fn a_night_in_japanese() {
    insta::assert_snapshot!(drawn(&night(), Lang::Ja, 0), @"
    audit  tag:plesk & !tag:frozen  41台  実行ID 2026-11-24.3  所要時間 1分12秒

    検出事項: 緊急 1、重要 1、注意 2、情報 30
      緊急  mx07  SENDER_UNKNOWN  www-data
            ホストに存在しないアカウント www-data からメールが送信されています(90通)。不正侵入の可能性があります。
            scripts=/var/www/お知らせ.php
      重要  mx07  SENDER_HOT  info@example.jp
            info@example.jp から短時間に通常を超える量のメールが送信されています(1時間あたり最大1,812通)(宛先 最大3,600件)。
            ips=192.0.2.1,192.0.2.2,192.0.2.3,+1
      注意  mx[08-09] (2台)  SHOP_RULE
            SHOP_RULE in own words
            mx08: score=4  host=mx08
            mx09: score=4  host=mx09
      情報  mx[01-30] (30台)  OS_EOL
            OSの保守が終了しています(CentOS 7)。作業には特別作業費用 1時間あたり15,000円(税抜)が発生します。

    問題のあるホスト: 10台
      失敗 1: mx36
        ステップ senders: 失敗: mail log is missing: /var/log/maillog
      接続不可 2: mx[34-35]
        unreachable{connect-timeout}: 接続がタイムアウトしました。connect timed out after 10s
        対処: fleet doctor shows which phase fails
      未実行 4: mx[37-40]
      対象外 3: mx[31-33]
        mail server exim is not yet supported

    備考: 2
      旧式のSSH暗号方式を許可して接続しました(legacy_ssh)
        1台: old
      ステップ accounts: 失敗: no panel (許容理由: old panels have none)
        1台: old

    ホスト: 正常 31 (検出あり 30)、対象外 3、失敗 1、接続不可 2、未実行 4
    失敗したステップ: 1
    許容された失敗: 1
    実行ID 2026-11-24.3: fleet show 2026-11-24.3
    ");
}

#[test]
fn a_run_without_anything_says_so() {
    let mut story = Story::new("audit", &["mx01"]);
    story.connect("mx01").end("mx01", HostStatus::Ok).finish();
    insta::assert_snapshot!(drawn(&story, Lang::En, 0), @"
    audit  tag:plesk & !tag:frozen  1 host  run 2026-11-24.3  took 1m12s

    findings: none

    problems: none

    hosts: ok 1, failed 0, unreachable 0, not started 0
    run 2026-11-24.3: fleet show 2026-11-24.3
    ");
}

#[test]
fn a_refused_host_says_why_it_was_refused_and_not_why_a_step_was_skipped() {
    let mut story = Story::new("rescue", &["mx01"]);
    let stop = StepRef { index: 1, id: "stop".into(), name: "Do not tidy up".into(), verb: "stop".into() };
    story.connect("mx01").push(EventKind::StepFinished {
        host: host("mx01"),
        step: stop,
        outcome: Outcome::Skipped,
        reason: Some("its condition is not met".into()),
        fault: None,
        tolerated: None,
        data: None,
        millis: 0,
    });
    story.note("mx01", "interrupted").end("mx01", HostStatus::Refused).finish();
    assert!(drawn(&story, Lang::En, 0).contains("  refused 1: mx01\n    interrupted\n\nhosts: "));
}

#[test]
fn steps_and_their_data_are_shown_when_asked_for() {
    let mut story = Story::new("audit", &["mx01"]);
    story.connect("mx01").step("mx01", "queue", Some(json!({"total": 3, "reason": "\u{1b}[2J相手先"})));
    story.failing("mx01", "senders", "log is missing", None).end("mx01", HostStatus::Failed).finish();
    insta::assert_snapshot!(drawn(&story, Lang::En, 2), @r#"
    audit  tag:plesk & !tag:frozen  1 host  run 2026-11-24.3  took 1m12s

    steps
      mx01  failed
        queue    unchanged  120ms  mail.queue
            {
              "total": 3,
              "reason": "\u001b[2J相手先"
            }
        senders  failed  2s  mail.senders  log is missing

    findings: none

    problems: 1 host
      failed 1: mx01
        step senders: failed: log is missing

    hosts: ok 0, failed 1, unreachable 0, not started 0
    failed steps: 1
    run 2026-11-24.3: fleet show 2026-11-24.3
    "#);
}

#[test]
fn a_command_on_many_hosts_shows_each_answer_once() {
    let hosts: Vec<String> = (1..=40).map(|n| format!("mx{n:02}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut story = Story::new("exec", &hosts);
    for host in &hosts[..38] {
        let answer = match *host {
            "mx10" => json!({"rc": 2, "stdout": "", "stderr": "postqueue: \u{1b}[31mfatal\nsecond", "truncated": true}),
            _ => json!({"rc": 0, "stdout": "queue\tempty\n", "stderr": "", "truncated": false}),
        };
        let status = if *host == "mx10" { HostStatus::Failed } else { HostStatus::Ok };
        story.connect(host).step(host, "exec", Some(answer)).end(host, status);
    }
    story.unreachable("mx39").connect("mx40").step("mx40", "exec", None).end("mx40", HostStatus::Ok).finish();
    insta::assert_snapshot!(drawn(&story, Lang::En, 0), @r"
    == 37 hosts: mx[01-09,11-38]  exit 0
    queue	empty
    == 1 host: mx10  exit 2
    ! postqueue: \u{1b}[31mfatal
    ! second
    -- output was cut at the limit
    -- unreachable 1: mx39  unreachable{connect-timeout}: connect timed out after 10s
       hint: fleet doctor shows which phase fails
    -- ok 1: mx40  no output was recorded
    -- not started 0
    -- run 2026-11-24.3: fleet show 2026-11-24.3
    ");
    insta::assert_snapshot!(drawn(&story, Lang::Ja, 0), @r"
    == 37台: mx[01-09,11-38]  終了コード 0
    queue	empty
    == 1台: mx10  終了コード 2
    ! postqueue: \u{1b}[31mfatal
    ! second
    -- 出力は上限で切り捨てられました
    -- 接続不可 1: mx39  unreachable{connect-timeout}: 接続がタイムアウトしました。connect timed out after 10s
       対処: fleet doctor shows which phase fails
    -- 正常 1: mx40  出力の記録がありません
    -- 未実行 0
    -- 実行ID 2026-11-24.3: fleet show 2026-11-24.3
    ");
}

/// A rescue of one account: as it was planned, or with its end.
fn rescue(applied: bool) -> Story {
    let change = |step: usize, verb: &str, title: &str, row: Row, undo: Option<&str>| Change {
        step,
        item: 0,
        verb: verb.into(),
        title: title.into(),
        args: Value::Null,
        rows: vec![row],
        undo: undo.map(Into::into),
        irreversible: undo.is_none(),
    };
    let message = Row::Message { id: "A1".into(), arrival: 5, sender: "x@y.jp".into(), size: 9, recipients: 1 };
    let was = json!({"kind": "mailbox", "disabled": false, "source": "plesk", "logins": ["info@example.jp", "info"]});
    let account = Row::Account { address: "info@example.jp".into(), was };
    let changes = vec![
        change(0, "mail.queue.hold", "hold back 1 message of info@example.jp", message, Some("let them go on")),
        change(
            1,
            "mail.account.set_password",
            "set a new password for info@example.jp and cut what it has open",
            account,
            None,
        ),
    ];
    let step = |index, id: &str, name: &str, verb: &str| StepRef {
        index,
        id: id.into(),
        name: name.into(),
        verb: verb.into(),
    };
    let mut story = Story::new("rescue-mail", &["mx07"]);
    story.connect("mx07");
    if let Some(EventKind::RunStarted { info }) = story.events.first_mut().map(|e| &mut e.kind) {
        info.purpose = if applied { "apply" } else { "plan" }.into();
    }
    let finished = |step: StepRef, outcome, reason: Option<&str>, data| EventKind::StepFinished {
        host: host("mx07"),
        step,
        outcome,
        reason: reason.map(Into::into),
        fault: None,
        tolerated: None,
        data,
        millis: 1,
    };
    if !applied {
        story.push(EventKind::Planned { host: host("mx07"), stage: 0, changes, incomplete: vec![] });
        for step in [
            step(2, "border", "confirm", "confirm"),
            step(3, "purge", "Delete what it left in the queue, with a copy kept", "mail.queue.delete"),
            step(4, "watch", "Is it over?", "watch"),
        ] {
            story.push(finished(step, Outcome::Skipped, Some(crate::engine::LATER), None));
        }
    } else {
        let ends = [(RowEnd::Held, None), (RowEnd::Changed, Some("proved: Dovecot: accepted"))];
        for (n, (change, (end, why))) in changes.into_iter().zip(ends).enumerate() {
            let (op, step) = (Op::new([n as u8; 16]), step(n, "s", "s", &change.verb));
            let rows = vec![RowResult { key: "k".into(), end, why: why.map(Into::into) }];
            let (op_too, step_too) = (op.clone(), step.clone());
            story.push(EventKind::ChangeIntended { host: host("mx07"), step, op, change, instead_of: None });
            let (notes, reason) = (vec!["sessions of the mailbox that were ended: 2".into()], None);
            let notes = if n == 1 { notes } else { Vec::new() };
            let result = ChangeResult { host: host("mx07"), step: step_too, op: op_too, rows, notes, reason };
            story.push(EventKind::ChangeApplied(result));
        }
        let seen = json!({"seconds": 600, "messages": 0, "recipients": 0, "complete": true, "incomplete": []});
        story.push(finished(step(4, "watch", "Is it over?", "watch"), Outcome::Unchanged, None, Some(seen)));
    }
    story.end("mx07", HostStatus::Ok).finish();
    story
}

#[test]
fn a_plan_tells_accounts_in_words_and_what_stands_behind_a_confirm() {
    let page = drawn(&rescue(false), Lang::En, 0);
    for said in [
        "info@example.jp  mailbox, also logs in as info\n",
        "    afterwards, planned and asked for again when this is done:\n",
        "      Delete what it left in the queue, with a copy kept  (held back so far: 1)\n",
        "      Is it over?\n",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(!page.contains('{'), "{page}");
    assert!(drawn(&rescue(false), Lang::Ja, 0).contains("(現時点で隔離の対象: 1)"));
    let narrow = page_of(&rescue(false), 80);
    assert!(
        narrow.lines().all(|line| !line.contains("set a new password") || !line.contains("set_password")),
        "{narrow}"
    );
}

fn page_of(story: &Story, width: usize) -> String {
    page(&story.digest(), Look { color: false, lang: Lang::En, width, verbose: 0 }).into_text()
}

#[test]
fn the_end_of_a_rescue_says_what_became_of_each_step_and_what_comes_next() {
    let page = drawn(&rescue(true), Lang::En, 0);
    for said in [
        "1 message held back, not delivered until released\n",
        "new password set\n        proved: Dovecot: accepted\n        sessions of the mailbox that were ended: 2\n",
        "watched for 10m: the accounts sent no more mail\n",
        "next: hand the new passwords over, once: fleet secret reveal 2026-11-24.3\n",
        "next: take back what can be taken back: fleet undo 2026-11-24.3\n",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let page = drawn(&rescue(true), Lang::Ja, 0);
    for said in [
        "メール1通を隔離しました",
        "新しいパスワードを設定しました",
        "対象アカウントからの送信はありませんでした",
        "次の操作: ",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
}

#[test]
fn what_a_run_is_decides_its_page_and_not_how_its_playbook_is_called() {
    let page = |name: &str, kind| {
        let mut story = Story::new(name, &["a"]);
        if let Some(EventKind::RunStarted { info }) = story.events.first_mut().map(|e| &mut e.kind) {
            info.kind = kind;
        }
        story.connect("a").found("a", "OS_EOL", Level::Info, "", json!({})).end("a", HostStatus::Ok).finish();
        drawn(&story, Lang::En, 0)
    };
    assert!(page("exec", Some(RunKind::Playbook)).contains("OS_EOL"));
    assert!(!page("audit", Some(RunKind::Command)).contains("OS_EOL"));
    // An old record has only the name.
    assert!(!page("exec", None).contains("OS_EOL") && page("audit", None).contains("OS_EOL"));
}

proptest! {
    #[test]
    fn no_string_gets_a_control_character_onto_the_page(text in any::<String>(), code in "[A-Z_]{1,12}|SENDER_HOT|OS_EOL") {
        for playbook in ["exec", "audit"] {
            let mut story = Story::new(playbook, &["a", "b"]);
            let data = json!({"rc": 1, "stdout": text, "stderr": text, "os": text, "peak": text, "list": [text, {"k": text}], &text: text});
            story.connect("a").step("a", "queue", Some(data.clone())).found("a", &code, Level::High, &text, data);
            story.failing("a", "senders", &text, None).failing("a", "accounts", &text, Some(&text));
            story.note("a", &text).end("a", HostStatus::Failed).finish();
            for lang in [Lang::En, Lang::Ja] {
                let page = drawn(&story, lang, 2);
                prop_assert!(page.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{page:?}");
            }
        }
    }
}
