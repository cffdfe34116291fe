//! What findings say to a person: of signals by their own table, and of the other codes that fleet's playbooks use by
//! the one here.

use super::fill::{Filled, fill};
use super::lang::Lang;
use super::sentence::sentence;
use crate::mail::signals;
use crate::model::Finding;
use serde_json::Value;

struct Sentence {
    code: &'static str,
    en: &'static str,
    ja: &'static str,
}

/// Values come from the finding's `data`, under the names that the verbs' outputs have; `{key}` is its key.
/// Only `{key}` may stand outside brackets, as playbooks differ in what they declare.
static SENTENCES: &[Sentence] = &[
    Sentence {
        code: "QUEUE_LARGE",
        en: "the mail queue is large[: {total:count messages}][, oldest from {oldest}]",
        ja: "メールキューが滞留しています[({total:count}通)]。[最も古いメールの受付日時: {oldest}]",
    },
    Sentence {
        code: "QUEUE_OLD",
        en: "mail has been queued for a long time[: oldest {age:age}][, {total:count messages} in all]",
        ja: "長時間配送されていないメールがキューにあります[(最長{age:age})][(全{total:count}通)]。",
    },
    Sentence {
        code: "WEB_SCRIPT_HOT",
        en: "the script {key} sends an unusual volume of mail[ (site {domain})][ (user {user})]\
             [: up to {peak_per_hour:count messages} within an hour][, {messages:count} in all]",
        ja: "Webサイトのスクリプト {key} から通常を超える量のメールが送信されています[(サイト {domain})][(ユーザー {user})]\
             [(1時間あたり最大{peak_per_hour:count}通)][(合計 {messages:count}通)]。",
    },
    Sentence {
        code: "EXEMPTION_ENDED",
        en: "an exemption in the inventory has expired or names no signal[: {notes}]",
        ja: "インベントリの除外設定が期限切れ、または不正です[({notes})]。",
    },
    Sentence {
        code: "OS_EOL",
        en: "the operating system is past maintenance[: {os}][, vendor maintenance ended {vendor_end}][ (source: {source})]\
             [; work on it costs {surcharge_jpy_per_hour:count} JPY more per hour (excluding tax)]",
        ja: "OSの保守が終了しています[({os})][(提供元の保守終了日 {vendor_end})][(出典 {source})]。\
             [作業には特別作業費用 1時間あたり{surcharge_jpy_per_hour:count}円(税抜)が発生します。]",
    },
    Sentence {
        code: "PANEL_EOL",
        en: "this version of the panel is past its end of support[: {panel} {version}][, it ended {end}][ (source: {source})]",
        ja: "コントロールパネルのこのバージョンはサポートが終了しています[({panel} {version})][(サポート終了日 {end})]\
             [(出典 {source})]。",
    },
    Sentence {
        code: "TABLE_STALE",
        en: "the end-of-support dates have not been checked for six months[: {judged}][, last on {checked}]\
             [ (source: {source})]; newer ones can be given with --os-support",
        ja: "サポート終了日の表が6か月以上確認されていません[({judged})][(最終確認日 {checked})][(出典 {source})]。\
             新しい日付は --os-support で指定できます。",
    },
    Sentence {
        code: "GEO_STALE",
        en: "the database of countries or networks {key} is older than six months, so some may have changed\
             [: built {built}]; a newer one can be given with --geoip",
        ja: "国・ネットワークのデータベース {key} が6か月以上前のもののため、一部の判定が古い可能性があります[(作成日 {built})]。\
             新しいものは --geoip で指定できます。",
    },
    Sentence {
        code: "TWO_MTAS",
        en: "more than one mail server is running[: {mtas}]",
        ja: "複数のメールサーバーが同時に稼働しています[({mtas})]。",
    },
    Sentence {
        code: "INTRUSION_SUSPECTED",
        en: "mail is sent by {key}, which is not an account on this host: possible intrusion; investigate before anything is cleaned up",
        ja: "このサーバーのアカウントではない {key} からメールが送信されています。侵入のおそれがあるため、復旧作業の前に原因調査が必要です。",
    },
    Sentence {
        code: "OWNER_KEPT",
        en: "{key} owns a virtual server: its password is used for more than mail and was not changed; change it by hand",
        ja: "{key} はバーチャルサーバーの所有者です。パスワードはメール以外にも使われるため変更していません。手作業で変更してください。",
    },
    Sentence {
        code: "ABUSE_SIGN",
        en: "a sign of abuse: {key}[ ({level})][: {says}]",
        ja: "不正利用の兆候: {key}[({level})][: {says}]",
    },
    Sentence {
        code: "DATA_INCOMPLETE",
        en: "not all data could be read, so the result is incomplete[: {incomplete}]",
        ja: "一部の情報を読み取れなかったため、判定は完全ではありません[({incomplete})]。",
    },
];

/// The English and the Japanese template of a code.
fn templates(code: &str) -> Option<(&'static str, &'static str)> {
    let signal = signals::find(code).map(|kind| (kind.en, kind.ja));
    signal.or_else(|| SENTENCES.iter().find(|s| s.code == code).map(|s| (s.en, s.ja)))
}

/// What `finding` says in `lang`: fleet's sentence when the code is known, else the playbook's own, else the
/// code. Also tells which values of `data` the sentence holds.
pub fn finding(lang: Lang, finding: &Finding) -> Filled {
    let Some((en, ja)) = templates(&finding.code) else {
        let own = if finding.message.is_empty() { &finding.code } else { &finding.message };
        return Filled { text: own.clone(), ..Filled::default() };
    };
    fill(lang.pick(en, ja), lang, &|name| match name {
        "key" => Some(Value::String(finding.key.clone())),
        _ => finding.data.get(name).map(|value| spoken(lang, value)),
    })
}

/// With the sentences that it holds in `lang`.
fn spoken(lang: Lang, value: &Value) -> Value {
    match value {
        Value::String(text) => sentence(lang, text).into(),
        Value::Array(items) => items.iter().map(|item| spoken(lang, item)).collect(),
        other => other.clone(),
    }
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

    fn codes() -> impl Iterator<Item = &'static str> {
        SENTENCES.iter().map(|s| s.code).chain(signals::ALL.iter().map(|kind| kind.code))
    }

    #[test]
    fn every_sentence_reads_well_without_any_data() {
        for code in codes() {
            for lang in [Lang::En, Lang::Ja] {
                let said = finding(lang, &bare(code, "info@example.jp")).text;
                assert!(!said.contains(['?', '[', ']', '{', '}']) && said.len() > 20, "{said}");
            }
        }
    }

    #[test]
    fn every_japanese_sentence_is_written_alike() {
        for ja in codes().map(|code| templates(code).unwrap().1) {
            for word in ["サーバ", "ユーザ", "フォルダ", "パラメータ"] {
                assert_eq!(ja.matches(word).count(), ja.matches(&format!("{word}ー")).count(), "{ja}");
            }
            assert!(ja.contains('。') || ja.contains(": "), "{ja}");
        }
    }

    #[test]
    fn both_languages_tell_the_same_values() {
        let places = |template: &str| {
            let mut names: Vec<String> = template
                .split('{')
                .skip(1)
                .filter_map(|p| p.split_once('}'))
                .map(|p| p.0.split(' ').next().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        for code in codes() {
            let (en, ja) = templates(code).unwrap();
            assert_eq!(places(en), places(ja), "{code}");
        }
    }

    #[test]
    fn an_end_of_maintenance_names_the_surcharge_only_when_there_is_one() {
        let mut eol = bare("OS_EOL", "");
        eol.data = Map::from_iter([("os".into(), json!("CentOS 7")), ("vendor_end".into(), json!("2024-06-30"))]);
        assert_eq!(finding(Lang::Ja, &eol).text, "OSの保守が終了しています(CentOS 7)(提供元の保守終了日 2024-06-30)。");
        eol.data.insert("surcharge_jpy_per_hour".into(), json!(15000));
        assert_eq!(
            finding(Lang::Ja, &eol).text,
            "OSの保守が終了しています(CentOS 7)(提供元の保守終了日 2024-06-30)。作業には特別作業費用 1時間あたり15,000円(税抜)が発生します。"
        );
    }

    #[test]
    fn a_panels_end_is_told_without_a_date_when_none_is_known() {
        let mut old = bare("PANEL_EOL", "");
        old.data = Map::from_iter([
            ("panel".into(), json!("plesk")),
            ("version".into(), json!("12.5.30")),
            ("end".into(), json!(null)),
            ("source".into(), json!("older than plesk 17, whose support ended on 2021-04-20")),
        ]);
        assert_eq!(
            finding(Lang::En, &old).text,
            "this version of the panel is past its end of support: plesk 12.5.30 \
             (source: older than plesk 17, whose support ended on 2021-04-20)"
        );
        old.data.insert("end".into(), json!("2021-04-20"));
        old.data.insert("source".into(), json!("a table"));
        assert_eq!(
            finding(Lang::Ja, &old).text,
            "コントロールパネルのこのバージョンはサポートが終了しています(plesk 12.5.30)(サポート終了日 2021-04-20)(出典 a table)。"
        );
    }

    #[test]
    fn every_code_of_fleets_own_playbooks_has_its_sentence() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for code in text.lines().filter_map(|l| l.trim().strip_prefix("code: ")) {
                assert!(templates(code).is_some(), "{code}");
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn an_unknown_code_speaks_for_itself() {
        assert_eq!(finding(Lang::Ja, &bare("MY_CODE", "")).text, "own words");
        let silent = Finding { message: String::new(), ..bare("MY_CODE", "") };
        assert_eq!(finding(Lang::En, &silent).text, "MY_CODE");
    }
}
