//! Mistakes on the command line in Japanese; clap says them in English. The usage line and the names are clap's own.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What `error` says, in Japanese; none where it is no mistake (`--help`, `--version`) or one that has no sentence here.
pub fn japanese(error: &clap::Error) -> Option<String> {
    let of = |kind| error.get(kind).map(ContextValue::to_string).filter(|text| !text.is_empty());
    let argument = of(ContextKind::InvalidArg).unwrap_or_default();
    let value = of(ContextKind::InvalidValue);
    let what = match error.kind() {
        ErrorKind::UnknownArgument => format!("不明な引数です: {argument}"),
        ErrorKind::InvalidSubcommand => format!("不明なコマンドです: {}", of(ContextKind::InvalidSubcommand)?),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "コマンドを指定してください".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("必須の引数が指定されていません: {argument}"),
        ErrorKind::ArgumentConflict => {
            let other = of(ContextKind::PriorArg).unwrap_or_default();
            format!("{argument} と {other} は同時に指定できません")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_some() => {
            format!("{argument} の値が正しくありません: {}", value.unwrap_or_default())
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{argument} に値を指定してください")
        }
        ErrorKind::TooManyValues => format!("{argument} の値が多すぎます"),
        ErrorKind::InvalidUtf8 => "引数がUTF-8ではありません".to_owned(),
        _ => return None,
    };
    let valid = of(ContextKind::ValidValue).map(|words| format!("  使用できる値: {words}\n"));
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let near = near.into_iter().find_map(of).map(|name| format!("  類似の候補: {name}\n"));
    let usage = of(ContextKind::Usage).map(|usage| usage.replacen("Usage:", "使用方法:", 1) + "\n");
    let parts: String = valid.into_iter().chain(near).chain(usage).collect();
    Some(format!("エラー: {what}\n{parts}詳細は --help で確認できます"))
}
