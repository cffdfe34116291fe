//! Finding codes that fleet's own playbooks use, and what they say to a person.

use super::{Lang, fill, fill::Filled};
use crate::model::Finding;
use serde_json::Value;

struct Sentence {
    code: &'static str,
    en: &'static str,
    ja: &'static str,
}

/// Values come from the finding's `data`; `{key}` is its key. Only `{key}` may stand outside brackets, as
/// playbooks differ in what they declare.
static SENTENCES: &[Sentence] = &[
    Sentence {
        code: "QUEUE_LARGE",
        en: "the mail queue is large[: {total:count} messages][, the oldest waiting for {oldest:age}]",
        ja: "メールキューが滞留しています[({total:count}通)]。[最も古いメールは{oldest:age}滞留しています。]",
    },
    Sentence {
        code: "QUEUE_OLD",
        en: "mail has been waiting in the queue for long[: the oldest for {oldest:age}][, {total:count} messages in all]",
        ja: "長時間配送されていないメールがキューにあります[(最長{oldest:age})][(全{total:count}通)]。",
    },
    Sentence {
        code: "SENDER_HOT",
        en: "{key} sends unusually much mail[: up to {peak:count} per hour][, {unknown:percent} to unknown recipients]",
        ja: "{key} から通常を超える量のメールが送信されています[(最大 毎時{peak:count}通)][(宛先不明率 {unknown:percent})]。",
    },
    Sentence {
        code: "SENDER_FORGED",
        en: "{key} sends under sender addresses that are not its own[: {senders}]",
        ja: "{key} から、差出人アドレスを詐称したメールが送信されています[(差出人: {senders})]。",
    },
    Sentence {
        code: "SENDER_UNKNOWN",
        en: "{key} sent mail, but the host has no such account: a sign of intrusion",
        ja: "ホストに存在しないアカウント {key} からメールが送信されています。不正侵入の可能性があります。",
    },
    Sentence {
        code: "BOUNCE_RATE",
        en: "[{key}: ]unusually many messages bounce[: {rate:percent}][ ({bounced:count} bounced)]",
        ja: "[{key}: ]送信メールの不達率が高くなっています[({rate:percent})][(不達 {bounced:count}通)]。",
    },
    Sentence {
        code: "OS_EOL",
        en: "the operating system is past maintenance[: {os}][, ended {ended}][ (source: {source})]\
             [; work on it costs {surcharge_jpy_per_hour:count} JPY per hour extra (excluding tax)]",
        ja: "OSの保守が終了しています[({os})][(終了日 {ended})][(出典 {source})]。\
             [作業には特別作業費用 1時間あたり{surcharge_jpy_per_hour:count}円(税抜)が発生します。]",
    },
    Sentence {
        code: "TWO_MTAS",
        en: "more than one mail server is running[: {mtas}]",
        ja: "複数のメールサーバが同時に稼働しています[({mtas})]。",
    },
];

/// What `finding` says in `lang`: fleet's sentence when the code is known, else the playbook's own, else the
/// code. Also tells which values of `data` the sentence holds.
pub fn finding(lang: Lang, finding: &Finding) -> Filled {
    let Some(sentence) = SENTENCES.iter().find(|s| s.code == finding.code) else {
        let own = if finding.message.is_empty() { &finding.code } else { &finding.message };
        return Filled { text: own.clone(), ..Filled::default() };
    };
    fill(lang.pick(sentence.en, sentence.ja), lang, &|name| match name {
        "key" => Some(Value::String(finding.key.clone())),
        _ => finding.data.get(name).cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;
    use serde_json::{Map, json};

    fn bare(code: &str, key: &str) -> Finding {
        Finding {
            code: code.into(),
            level: Level::Warn,
            key: key.into(),
            message: "own words".into(),
            data: Map::new(),
        }
    }

    #[test]
    fn every_sentence_reads_well_without_any_data() {
        for s in SENTENCES {
            for lang in [Lang::En, Lang::Ja] {
                let said = finding(lang, &bare(s.code, "info@example.jp")).text;
                assert!(!said.contains(['?', '[', ']', '{', '}']) && said.len() > 20, "{said}");
            }
        }
    }

    #[test]
    fn both_languages_tell_the_same_values() {
        let places = |template: &str| {
            let mut names: Vec<String> =
                template.split('{').skip(1).filter_map(|p| p.split_once('}')).map(|p| p.0.to_owned()).collect();
            names.sort();
            names
        };
        for s in SENTENCES {
            assert_eq!(places(s.en), places(s.ja), "{}", s.code);
        }
    }

    #[test]
    fn an_end_of_maintenance_names_the_surcharge_only_when_there_is_one() {
        let mut eol = bare("OS_EOL", "");
        eol.data = Map::from_iter([("os".into(), json!("CentOS 7")), ("ended".into(), json!("2024-06-30"))]);
        assert_eq!(finding(Lang::Ja, &eol).text, "OSの保守が終了しています(CentOS 7)(終了日 2024-06-30)。");
        eol.data.insert("surcharge_jpy_per_hour".into(), json!(15000));
        assert_eq!(
            finding(Lang::Ja, &eol).text,
            "OSの保守が終了しています(CentOS 7)(終了日 2024-06-30)。作業には特別作業費用 1時間あたり15,000円(税抜)が発生します。"
        );
    }

    #[test]
    fn an_unknown_code_speaks_for_itself() {
        assert_eq!(finding(Lang::Ja, &bare("MY_CODE", "")).text, "own words");
        let silent = Finding { message: String::new(), ..bare("MY_CODE", "") };
        assert_eq!(finding(Lang::En, &silent).text, "MY_CODE");
    }
}
