//! Headings, labels and remarks.

use super::lang::Lang;

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $ja:literal;)+) => {
        /// A phrase of the report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Label { $($(#[$doc])* $name),+ }
        impl Label {
            pub fn say(self, lang: Lang) -> &'static str {
                match self { $(Self::$name => lang.pick($en, $ja)),+ }
            }
        }
    };
}

labels! {
    Run: "run", "実行ID";
    Took: "took", "所要時間";
    Findings: "findings", "検出事項";
    NoFindings: "findings: none", "検出事項: なし";
    Problems: "problems", "問題のあるホスト";
    NoProblems: "problems: none", "問題のあるホスト: なし";
    Notes: "notes", "備考";
    Steps: "steps", "ステップ";
    Hosts: "hosts", "ホスト";
    Hint: "hint", "対処";
    Step: "step", "ステップ";
    WithFindings: "with findings", "検出あり";
    Running: "running", "実行中";
    Waiting: "waiting", "待機";
    Connecting: "connecting", "接続中";
    Connected: "connected", "接続済み";
    Exit: "exit", "終了コード";
    /// Where a list or a line was shortened.
    More: "more", "件省略";
    OutputCut: "output was cut at the limit", "出力は上限で切り捨てられました";
    NoOutput: "no output was recorded", "出力の記録がありません";
    LegacySsh: "old SSH algorithms had to be allowed (legacy_ssh)", "旧式のSSH暗号方式を許可して接続しました(legacy_ssh)";
    Tolerated: "tolerated because", "許容理由";
    Stopped: "stopped early", "途中で停止";
    Interrupted: "interrupted by signal", "シグナルにより中断";
    FailedSteps: "failed steps", "失敗したステップ";
    ToleratedSteps: "tolerated failures", "許容された失敗";
    UnknownChanges: "changes of unknown fate", "結果が確認できない変更";
    Bugs: "hosts lost to a bug in fleet", "fleetの不具合で終了したホスト";
    Planned: "would be changed", "変更予定";
    Changes: "changes", "変更内容";
    /// What stands above what a broken-off run did and did not do.
    LeftByTheRun: "what the run left", "前回の実行の状況";
    NeverBegun: "never begun", "未着手";
    NothingPlanned: "would be changed: nothing", "変更予定: なし";
    MayBeMissing: "may be missing", "不足の可能性";
    Irreversible: "cannot be undone", "取り消し不可";
    Undo: "undo", "取り消し";
    /// First Ctrl-C.
    Stopping: "stopping: no new host and no new step; once more kills what runs on the hosts",
        "停止しています: 新しいホスト・ステップは開始しません。もう一度押すとホスト上の処理を強制終了します";
    /// Second Ctrl-C.
    Killing: "killing what runs on the hosts; once more leaves at once",
        "ホスト上の処理を強制終了しています。もう一度押すと直ちに終了します";
    /// Third Ctrl-C.
    Leaving: "leaving at once", "直ちに終了します";
}
