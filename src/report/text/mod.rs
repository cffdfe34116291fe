//! Every sentence a person reads, in English and Japanese.
//!
//! Each table has both columns side by side, so that a sentence without its translation does not compile.
//! The keys of JSON and YAML, codes, verbs and fault kinds are English in every language.

mod fault;
mod fill;
mod finding;
mod label;

pub use fault::explain;
pub use fill::{count, fill, value};
pub use finding::finding;
pub use label::Label;

use crate::model::{HostStatus, Level, Outcome, duration};
use std::time::Duration;

/// The language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Ja,
}

impl Lang {
    fn pick(self, en: &'static str, ja: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

pub fn level(lang: Lang, level: Level) -> &'static str {
    match level {
        Level::Info => lang.pick("info", "情報"),
        Level::Warn => lang.pick("warn", "注意"),
        Level::High => lang.pick("high", "重要"),
        Level::Critical => lang.pick("critical", "緊急"),
    }
}

pub fn status(lang: Lang, status: HostStatus) -> &'static str {
    match status {
        HostStatus::Ok => lang.pick("ok", "正常"),
        HostStatus::Skipped => lang.pick("skipped", "対象外"),
        HostStatus::Failed => lang.pick("failed", "失敗"),
        HostStatus::Unreachable => lang.pick("unreachable", "接続不可"),
        HostStatus::TimedOut => lang.pick("timed out", "タイムアウト"),
        HostStatus::Cancelled => lang.pick("cancelled", "中止"),
        HostStatus::NotStarted => lang.pick("not started", "未実行"),
        HostStatus::Unknown => lang.pick("unknown", "結果不明"),
        HostStatus::Refused => lang.pick("refused", "拒否"),
    }
}

pub fn outcome(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged => lang.pick("unchanged", "変更なし"),
        Outcome::WouldChange => lang.pick("would change", "変更予定"),
        Outcome::Changed => lang.pick("changed", "変更済み"),
        Outcome::Skipped => lang.pick("skipped", "対象外"),
        Outcome::Failed => lang.pick("failed", "失敗"),
        Outcome::TimedOut => lang.pick("timed out", "タイムアウト"),
        Outcome::Cancelled => lang.pick("cancelled", "中止"),
        Outcome::Unknown => lang.pick("unknown", "結果不明"),
    }
}

/// `1 host`, `40 hosts`, `40台`.
pub fn hosts(lang: Lang, n: usize) -> String {
    match (lang, n) {
        (Lang::En, 1) => "1 host".into(),
        (Lang::En, n) => format!("{n} hosts"),
        (Lang::Ja, n) => format!("{n}台"),
    }
}

/// `1m12s`, `1分12秒`.
pub fn duration(lang: Lang, d: Duration) -> String {
    let text = if d.is_zero() { "0s".into() } else { duration::human(d) };
    match (lang, text.strip_suffix("ms")) {
        (Lang::En, _) => text,
        (Lang::Ja, Some(millis)) => format!("{millis}ミリ秒"),
        (Lang::Ja, None) => text.replace('d', "日").replace('h', "時間").replace('m', "分").replace('s', "秒"),
    }
}

/// What stands between the items of a line.
pub fn comma(lang: Lang) -> &'static str {
    lang.pick(", ", "、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally_in_both_languages() {
        let said = |s| (duration(Lang::En, Duration::from_millis(s)), duration(Lang::Ja, Duration::from_millis(s)));
        assert_eq!(said(72_000), ("1m12s".into(), "1分12秒".into()));
        assert_eq!(said(0), ("0s".into(), "0秒".into()));
        assert_eq!(said(40), ("40ms".into(), "40ミリ秒".into()));
        assert_eq!(said(93_600_000), ("1d2h".into(), "1日2時間".into()));
    }

    #[test]
    fn one_host_is_singular() {
        assert_eq!(hosts(Lang::En, 1), "1 host");
        assert_eq!(hosts(Lang::En, 0), "0 hosts");
        assert_eq!(hosts(Lang::Ja, 1), "1台");
    }
}
