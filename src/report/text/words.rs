//! The words for levels, statuses and outcomes.

use super::lang::Lang;
use crate::model::{HostStatus, Level, Outcome};

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
        Outcome::Overtaken => lang.pick("overtaken", "別途変更あり"),
        Outcome::Skipped => lang.pick("skipped", "対象外"),
        Outcome::Failed => lang.pick("failed", "失敗"),
        Outcome::TimedOut => lang.pick("timed out", "タイムアウト"),
        Outcome::Cancelled => lang.pick("cancelled", "中止"),
        Outcome::Unknown => lang.pick("unknown", "結果不明"),
    }
}
