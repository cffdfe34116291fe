//! How many of something: each noun that is counted, for one and for several.

pub(super) const SENTENCES: &[(&str, &str)] = &[
    ("{0} countries", "{0}か国"),
    ("{0} country", "{0}か国"),
    ("{0} host", "{0}台"),
    ("{0} hosts", "{0}台"),
    ("{0} line", "{0}行"),
    ("{0} lines", "{0}行"),
    ("{0} message", "メール{0}通"),
    ("{0} messages", "メール{0}通"),
    ("{0} name", "ユーザー名{0}件"),
    ("{0} names", "ユーザー名{0}件"),
    ("{0} object", "{0}件"),
    ("{0} objects", "{0}件"),
    ("{0} provider", "{0}社"),
    ("{0} providers", "{0}社"),
    ("{0} recipient", "宛先{0}件"),
    ("{0} recipients", "宛先{0}件"),
    ("{0} step", "{0}ステップ"),
    ("{0} steps", "{0}ステップ"),
];
