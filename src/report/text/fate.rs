//! What became of the objects of a change, what a watch saw, and accounts in words.

use super::fill::{count, fill};
use super::lang::{Lang, comma, duration};
use serde_json::{Value, json};
use std::time::Duration;

/// Verb (of the mail queue: all of them), how an object ended, English, Japanese. `{n}` objects; `{dir}` on the host.
const ENDS: &[(&str, &str, &str, &str)] = &[
    (
        "mail.queue.",
        "held",
        "{n:count messages} held back, not delivered until released",
        "メール{n:count}通を隔離しました(解除するまで配送されません)",
    ),
    ("mail.queue.", "released", "{n:count messages} released for delivery", "メール{n:count}通の隔離を解除しました"),
    (
        "mail.queue.",
        "deleted",
        "{n:count messages} deleted; copy on the host: {dir}",
        "メール{n:count}通を削除しました。ホスト上の複製: {dir}",
    ),
    (
        "mail.queue.",
        "restored",
        "{n:count messages} restored, held back",
        "メール{n:count}通を隔離した状態で復元しました",
    ),
    (
        "mail.queue.",
        "gone",
        "{n:count messages} had left the queue before",
        "メール{n:count}通は処理前にキューからなくなっていました",
    ),
    (
        "mail.queue.",
        "in-flight-sent",
        "{n:count messages} sent in the meantime",
        "メール{n:count}通は処理中に送信されました",
    ),
    ("mail.queue.", "failed", "{n:count messages} left unchanged", "メール{n:count}通は処理できませんでした"),
    ("mail.account.set_password", "changed", "new password set", "新しいパスワードを設定しました"),
    ("mail.account.disable", "changed", "account disabled", "アカウントを無効化しました"),
    ("mail.account.enable", "changed", "account enabled", "アカウントを有効化しました"),
    ("mail.account.limit", "changed", "sending limit set", "送信数の上限を設定しました"),
    (
        "mail.account.delete",
        "deleted",
        "account deleted; copy on the host: {dir}",
        "アカウントを削除しました。ホスト上の複製: {dir}",
    ),
    (
        "mail.account.restore",
        "restored",
        "account restored, with a new password",
        "アカウントを新しいパスワードで復元しました",
    ),
    ("mail.sessions.cut", "changed", "sessions terminated", "セッションを切断しました"),
    ("case.collect", "changed", "evidence kept on the host: {dir}", "証跡をホスト上に保管しました: {dir}"),
];

/// `4 messages held back, ..`; the bare word where there is no sentence.
pub fn ended(lang: Lang, verb: &str, end: &str, n: usize, dir: &str) -> String {
    let of = |known: &str| verb == known || (known.ends_with('.') && verb.starts_with(known));
    match ENDS.iter().find(|(known, word, ..)| of(known) && *word == end) {
        Some((_, _, en, ja)) => {
            let get = |name: &str| if name == "n" { Some(json!(n)) } else { Some(json!(dir)) };
            fill(lang.pick(en, ja), lang, &get).text
        }
        None => format!("{end} {n}"),
    }
}

/// What `watch` saw; none when this is not its output.
pub fn watched(lang: Lang, data: &Value) -> Option<String> {
    let number = |name: &str| data.get(name).and_then(Value::as_u64);
    let (seconds, messages) = (number("seconds")?, number("messages")?);
    let time = duration(lang, Duration::from_secs(seconds));
    let n = count(&json!(messages));
    Some(match (lang, messages) {
        (Lang::En, 0) => format!("watched for {time}: the accounts sent no more mail"),
        (Lang::Ja, 0) => format!("{time}の監視中、対象アカウントからの送信はありませんでした"),
        (Lang::En, _) => format!("watched for {time}: messages still sent by the accounts: {n}"),
        (Lang::Ja, _) => format!("{time}の監視中に、対象アカウントから{n}通が送信されました"),
    })
}

/// An account as it was when its change was planned.
pub fn account(lang: Lang, address: &str, was: &Value) -> String {
    let text = |name: &str| was.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    let kind = match text("kind") {
        "mailbox" => lang.pick("mailbox", "メールボックス"),
        "alias" => lang.pick("alias", "エイリアス"),
        "forward" => lang.pick("forwarding address", "転送アドレス"),
        "system" => lang.pick("Unix user", "UNIXユーザー"),
        _ if was.get("exists") == Some(&Value::Bool(false)) => lang.pick("does not exist now", "現在は存在しません"),
        _ => "",
    };
    words.extend((!kind.is_empty()).then(|| kind.to_owned()));
    if was.get("disabled") == Some(&Value::Bool(true)) {
        words.push(lang.pick("disabled", "無効").to_owned());
    }
    let logins = was.get("logins").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let others: Vec<&str> = logins.filter(|login| !login.eq_ignore_ascii_case(address)).collect();
    if !others.is_empty() {
        let others = others.join(comma(lang));
        words.push(match lang {
            Lang::En => format!("also logs in as {others}"),
            Lang::Ja => format!("別のログイン名: {others}"),
        });
    }
    if words.is_empty() { address.to_owned() } else { format!("{address}  {}", words.join(comma(lang))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RowEnd;

    #[test]
    fn what_became_of_messages_and_accounts_is_a_sentence_in_both_languages() {
        let said = |lang, verb, end| ended(lang, verb, end, 4, "/var/lib/fleet/ab/keep");
        assert_eq!(
            said(Lang::En, "mail.queue.delete", "deleted"),
            "4 messages deleted; copy on the host: /var/lib/fleet/ab/keep"
        );
        assert_eq!(said(Lang::Ja, "mail.queue.hold", "gone"), "メール4通は処理前にキューからなくなっていました");
        assert_eq!(said(Lang::En, "command", "changed"), "changed 4");
        for (_, word, en, ja) in ENDS {
            assert!(RowEnd::parse(word.as_bytes()).is_some(), "{word}");
            assert_eq!(en.contains("{dir}"), ja.contains("{dir}"));
        }
    }

    #[test]
    fn an_account_is_told_in_words_and_never_as_data() {
        let was =
            json!({"kind": "system", "disabled": true, "source": "passwd", "logins": ["tanaka", "tanaka@example.jp"]});
        assert_eq!(account(Lang::En, "tanaka", &was), "tanaka  Unix user, disabled, also logs in as tanaka@example.jp");
        assert_eq!(
            account(Lang::Ja, "old@example.jp", &json!({"exists": false})),
            "old@example.jp  現在は存在しません"
        );
        let alias = json!({"kind": "alias", "logins": ["post@example.jp"]});
        assert_eq!(account(Lang::En, "post@example.jp", &alias), "post@example.jp  alias");
        assert_eq!(account(Lang::En, "x", &Value::Null), "x");
    }

    #[test]
    fn a_watch_tells_whether_it_is_over() {
        let seen = |messages: u64| json!({"seconds": 600, "messages": messages, "recipients": 9});
        assert_eq!(watched(Lang::En, &seen(0)).unwrap(), "watched for 10m: the accounts sent no more mail");
        assert_eq!(
            watched(Lang::Ja, &seen(1200)).unwrap(),
            "10分の監視中に、対象アカウントから1,200通が送信されました"
        );
        assert_eq!(watched(Lang::En, &json!({})), None);
    }
}
