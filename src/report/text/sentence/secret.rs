//! Why a secret, the record of runs or the state folder cannot be used.

pub(super) const SENTENCES: &[(&str, &str)] = &[
    ("it cannot be opened: {0}", "開けません: {0}"),
    ("it belongs to another user", "別のユーザーが所有しています"),
    (
        "its mode is {0}, others can read it; chmod 600, or better a new password",
        "パーミッションが {0} のため他のユーザーが読み取れます。chmod 600 を実行するか、パスワードの変更を推奨します",
    ),
    ("it cannot be read as text", "テキストとして読み取れません"),
    ("it is longer than {0} bytes", "{0}バイトを超えています"),
    ("its first line is empty", "最初の行が空です"),
    ("the keyring did not answer within {0} s", "キーリングが{0}秒以内に応答しませんでした"),
    (
        "the keyring has no such entry (it is empty after a restart): fleet secret set {0}",
        "キーリングに登録がありません (再起動すると消去されます): fleet secret set {0}",
    ),
    ("the keyring: {0}", "キーリング: {0}"),
    ("it must be typed, and no question may be asked now", "入力が必要ですが、現在は入力を受け付けられません"),
    ("nothing was typed", "入力がありませんでした"),
    ("it must be typed, and there is no terminal to ask at: {0}", "入力が必要ですが、端末がありません: {0}"),
    ("the variable is empty", "環境変数が空です"),
    ("the variable is not set, or not UTF-8", "環境変数が設定されていないか、UTF-8ではありません"),
    ("Password for {0}:", "{0} のパスワード:"),
    ("Passphrase for {0}:", "{0} のパスフレーズ:"),
    (
        "this is no key: 32 bytes; without it no sealed password can be opened",
        "32バイトの鍵ではありません。この鍵がないと封印したパスワードを取り出せません",
    ),
    ("this is no key: 32 bytes; {0}", "鍵ファイルではありません (32バイトである必要があります); {0}"),
    ("without it no sealed password can be opened", "正しい鍵がないと、封印したパスワードを開けません"),
    ("without it no plan that was saved can be applied", "正しい鍵がないと、保存した計画を適用できません"),
    ("the key cannot be used", "鍵を使用できません"),
    ("the password cannot be sealed", "パスワードを封印できません"),
    (
        "the sealed password does not open: another key, or another's seal",
        "封印したパスワードを取り出せません。鍵が異なります",
    ),
    ("the system gives no random bytes", "OSから乱数を取得できません"),
    // The record of runs.
    ("the database cannot be used: {0}", "データベースを使用できません: {0}"),
    (
        "the database cannot be brought to this version's form: {0}",
        "データベースをこのバージョンの形式に更新できません: {0}",
    ),
    ("no run is called `{0}`; `fleet runs` lists them", "実行 `{0}` はありません。一覧は `fleet runs` で確認できます"),
    ("run {0}: event {1} cannot be read: {2}", "実行 {0}: イベント {1} を読み取れません: {2}"),
    (
        "the state folder is not a folder (a symbolic link is not followed)",
        "状態フォルダーがフォルダーではありません (シンボリックリンクは使用できません)",
    ),
    (
        "the state folder belongs to another user; choose one with --state",
        "状態フォルダーを別のユーザーが所有しています。--state で指定してください",
    ),
    (
        "the state folder is open to other users; `chmod 700` it",
        "状態フォルダーが他のユーザーに公開されています。`chmod 700` を実行してください",
    ),
];
