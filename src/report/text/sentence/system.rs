//! Errors of this machine's system, as the standard library says them. The number stays, to be looked up. A host's words
//! for the same have none, and stay as they are.

pub(super) const SENTENCES: &[(&str, &str)] = &[
    ("Operation not permitted (os error 1)", "許可されていない操作です (os error 1)"),
    ("No such file or directory (os error 2)", "ファイルまたはディレクトリがありません (os error 2)"),
    ("Input/output error (os error 5)", "入出力エラーです (os error 5)"),
    ("No such device or address (os error 6)", "デバイスがありません (os error 6)"),
    ("Cannot allocate memory (os error 12)", "メモリーが不足しています (os error 12)"),
    ("Permission denied (os error 13)", "アクセス権限がありません (os error 13)"),
    ("File exists (os error 17)", "ファイルがすでに存在します (os error 17)"),
    ("Not a directory (os error 20)", "ディレクトリではありません (os error 20)"),
    ("Is a directory (os error 21)", "ディレクトリです (os error 21)"),
    ("Too many open files (os error 24)", "開いているファイルが多すぎます (os error 24)"),
    ("No space left on device (os error 28)", "ディスクの空き容量がありません (os error 28)"),
    ("Read-only file system (os error 30)", "ファイルシステムが読み取り専用です (os error 30)"),
    ("Network is unreachable (os error 101)", "ネットワークに到達できません (os error 101)"),
    ("Connection reset by peer (os error 104)", "接続先により切断されました (os error 104)"),
    ("Connection timed out (os error 110)", "接続がタイムアウトしました (os error 110)"),
    ("Connection refused (os error 111)", "接続が拒否されました (os error 111)"),
    ("No route to host (os error 113)", "ホストへの経路がありません (os error 113)"),
    ("stream did not contain valid UTF-8", "UTF-8ではない文字が含まれています"),
];
