//! The two languages, and how counts, times and lists read in them.

use crate::model::counted::counted;
use crate::model::duration;
use std::time::Duration;

/// The language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    pub(super) fn pick(self, en: &'static str, ja: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// `1 host`, `40 hosts`, `40台`.
pub fn hosts(lang: Lang, n: usize) -> String {
    match lang {
        Lang::En => counted(n, "hosts"),
        Lang::Ja => format!("{n}台"),
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
