//! Why a file or a program of this machine is not used.

pub(super) const SENTENCES: &[(&str, &str)] = &[
    (
        "not trusted: {0} belongs to another user (uid {1}, mode {2})",
        "信頼できません: {0} は別のユーザーが所有しています (uid {1}、パーミッション {2})",
    ),
    (
        "not trusted: other users may write {0} (uid {1}, mode {2})",
        "信頼できません: {0} は他のユーザーが書き込めます (uid {1}、パーミッション {2})",
    ),
    (
        "not trusted: more than {0} symbolic links stand on the way to {1}",
        "信頼できません: {1} までのシンボリックリンクが{0}個を超えています",
    ),
    ("if you trust what it holds: chown {0} {1}", "内容を信頼できる場合は、次を実行してください: chown {0} {1}"),
    ("if you trust what it holds: chmod go-w {0}", "内容を信頼できる場合は、次を実行してください: chmod go-w {0}"),
    ("name the file itself", "ファイル自体を指定してください"),
    ("cannot be read: {0}", "読み取れません: {0}"),
    (
        "is {0}; only regular files are read, to a bound",
        "{0}です。読み取れるのは、上限サイズ以内の通常ファイルだけです",
    ),
    ("a folder", "フォルダー"),
    ("a FIFO", "名前付きパイプ(FIFO)"),
    ("a socket", "ソケット"),
    ("a device", "デバイスファイル"),
    ("holds more than {0}, the most that is read of it", "読み取りの上限 {0} を超えています"),
    ("could not be read within {0} s", "{0}秒以内に読み取れませんでした"),
    ("is not UTF-8 text", "UTF-8のテキストではありません"),
    ("cannot be run: {0}", "実行できません: {0}"),
    ("cannot be waited for: {0}", "終了を確認できません: {0}"),
    ("the program did not end within {0}", "プログラムが{0}以内に終了しませんでした"),
    (
        "the program printed more than {0}, the most that is read of it",
        "プログラムの出力が読み取りの上限 {0} を超えました",
    ),
];
