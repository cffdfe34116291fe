//! Faults in the reader's language.

use super::lang::Lang;
use super::sentence::sentence;
use crate::model::Fault;
use crate::model::fault::{Auth, FaultKind, HostKey, Privilege, Shell, Timeout, Unreachable};

/// `unreachable{refused}: ..`: the kind, and what happened. A text with words of the host in it may have no
/// translation; then the kind is explained in front of it.
pub fn fault(lang: Lang, fault: &Fault) -> String {
    let text = sentence(lang, &fault.text);
    let explained = if lang == Lang::Ja && *text == fault.text { japanese(fault.kind) } else { "" };
    format!("{}: {explained}{text}", fault.kind)
}

fn japanese(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Unreachable(detail) => match detail {
            Unreachable::Dns => "ホスト名を解決できません。",
            Unreachable::Refused => "接続が拒否されました。",
            Unreachable::ConnectTimeout => "接続がタイムアウトしました。",
            Unreachable::Reset => "接続が切断されました。",
            Unreachable::BannerTimeout => "SSHサーバーからの応答がありません。",
            Unreachable::NotSsh => "接続先はSSHサーバーではありません。",
            Unreachable::Kex => "SSHの鍵交換に失敗しました。",
            Unreachable::Jump => "踏み台ホストを経由できません。",
        },
        FaultKind::Hostkey(detail) => match detail {
            HostKey::Unknown => "ホスト鍵が未登録です。",
            HostKey::Changed => "ホスト鍵が登録内容と一致しません。",
            HostKey::Revoked => "ホスト鍵は失効しています。",
        },
        FaultKind::Auth(detail) => match detail {
            Auth::Denied => "認証が拒否されました。",
            Auth::TooMany => "認証の試行回数が上限に達しました。",
            Auth::NoMethod => "利用できる認証方式がありません。",
        },
        FaultKind::Privilege(detail) => match detail {
            Privilege::Missing => "ホストにsudoがありません。",
            Privilege::PasswordNeeded => "sudoにパスワードが必要です。",
            Privilege::Denied => "sudoの実行が許可されていません。",
            Privilege::TtyNeeded => "sudoが端末を要求しています。",
        },
        FaultKind::Shell(detail) => match detail {
            Shell::Restricted => "ログインシェルでコマンドの実行が許可されていません。",
            Shell::Blocked => "ログインスクリプトが応答しません。",
            Shell::DidNotStart => "シェルを開始できませんでした。",
        },
        FaultKind::Timeout(detail) => match detail {
            Timeout::Idle => "応答がないまま制限時間を超えました。",
            Timeout::Total => "全体の制限時間を超えました。",
        },
        FaultKind::Lost => "処理の途中で接続が失われました。",
        FaultKind::Violation => "ホストの応答がプロトコルに違反しています。",
        FaultKind::Internal => "fleet内部の不具合です。",
    }
}
