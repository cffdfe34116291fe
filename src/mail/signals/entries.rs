//! The table of signals: all that is known of each, in one place.
//!
//! `signals!(m)` hands the table to the macro `m`: `limits.rs` takes the thresholds, and `all.rs` the rest. A new signal is
//! one entry here, and the function that it names; `FLEET_BLESS=1 cargo test` then writes its row in `docs/signals.md`.
//!
//! `doc` is what it sees in a few words, `sees` the same for its page, `origin` where its numbers come from. `en` and `ja` are
//! what a person reads: values come from the finding's `data`, `{key}` is the account; only `{key}` stands outside brackets.
//! A threshold has its default (of a `Percent` in hundredths) and what it is.

macro_rules! signals {
    ($then:ident) => {
        $then! {
            SENDER_HOT 'A' [Warn, High] needs [] by volume::hot {
                doc: "unusually much mail within an hour",
                sees: "messages or recipients of one sender within any 60 minutes; or many times its usual busiest hour",
                origin: "a mail provider suspends above 300 messages an hour; a panel notices 500 recipients an hour; a firewall warns at 100 relayed messages an hour; Japanese hosts allow 100 to 1,000 messages an hour",
                en: "{key} sends an unusual volume of mail[: up to {peak_per_hour:count messages}][ \
                    to {peak_recipients_per_hour:count recipients}] within an hour",
                ja: "{key} から短時間に通常を超える量のメールが送信されています\
                    [(1時間あたり最大{peak_per_hour:count}通)][(宛先 最大{peak_recipients_per_hour:count}件)]。",
                thresholds: {
                    per_hour_warn: usize = 100, "messages of one sender in 60 minutes that are suspicious";
                    per_hour_max: usize = 300, "messages in 60 minutes that are too many";
                    rcpt_per_hour_warn: u64 = 200, "recipients in 60 minutes that are suspicious";
                    rcpt_per_hour_max: u64 = 500, "recipients in 60 minutes that are too many";
                    baseline_times: u64 = 10, "how many times its usual hour is suspicious";
                    baseline_min: usize = 30, "messages in 60 minutes below which the usual hour says nothing";
                }
            }
            RCPT_MANY 'B' [Warn] needs [] by volume::recipients {
                doc: "many recipients per message",
                sees: "many recipients per message, at the median or once",
                en: "mail of {key} goes to many recipients each[: {rcpt_median:count} at the median][, {rcpt_max:count} at most]",
                ja: "{key} から、1通あたりの宛先数が多いメールが送信されています[(中央値 {rcpt_median:count}件)][(最大 {rcpt_max:count}件)]。",
                thresholds: {
                    rcpt_median: u32 = 20, "the median of recipients per message that is suspicious";
                    rcpt_max: u32 = 50, "recipients of one message that are suspicious";
                }
            }
            CLIENT_SPREAD 'C' [Warn] needs [] by clients::spread {
                doc: "many client networks, or new ones",
                sees: "client networks (/24, of IPv6 /48) within an hour or a day; or mostly networks that the account never used",
                en: "{key} is used from many networks[: {nets_hour:count} within an hour][, {nets_day:count} within a day]\
                    [, {new_nets:count} of them new to it]",
                ja: "{key} が多数のネットワークから利用されています[(1時間に{nets_hour:count}か所)][(24時間に{nets_day:count}か所)]\
                    [(うち初めての接続元 {new_nets:count}か所)]。",
                thresholds: {
                    nets_hour: usize = 5, "client networks in 60 minutes that are suspicious";
                    nets_day: usize = 10, "client networks in 24 hours that are suspicious";
                    new_nets: Percent = 80, "share of networks that the account never used before that is suspicious";
                }
            }
            COUNTRY_SPREAD 'C' [Warn] needs [] by places::countries {
                doc: "many countries",
                sees: "clients in several countries within an hour or a day, where a database tells them ([geoip](geoip.md))",
                origin: "two countries within an hour are a traveller, or a provider abroad that fetches mail",
                en: "{key} is used from several countries[: {hour:count} within an hour][, {day:count} within a day]",
                ja: "{key} が複数の国から利用されています[(1時間に{hour:count}か国)][(24時間に{day:count}か国)]。",
                thresholds: {
                    countries_hour: usize = 3, "countries in 60 minutes that are suspicious, where a database tells them (--geoip)";
                    countries_day: usize = 5, "countries in 24 hours that are suspicious";
                }
            }
            ASN_SPREAD 'C' [Warn] needs [] by places::asns {
                doc: "many providers",
                sees: "clients in networks of several AS operators (providers) within an hour or a day, where a database tells them",
                origin: "a phone, an office and a home have three providers",
                en: "{key} is used from networks of several providers[: {hour:count} within an hour][, {day:count} within a day]",
                ja: "{key} が複数の接続事業者のネットワークから利用されています[(1時間に{hour:count}社)][(24時間に{day:count}社)]。",
                thresholds: {
                    asns_hour: usize = 4, "AS operators in 60 minutes that are suspicious, where a database tells them";
                    asns_day: usize = 8, "AS operators in 24 hours that are suspicious";
                }
            }
            COUNTRY_NEW 'C' [Warn] needs [] by places::new_country {
                doc: "mail from a new country",
                sees: "mail from countries that the account did not send from on the days before, once it sent on three",
                en: "{key} sends mail from countries that it never sent from before[: {countries}][, {messages:count messages}]\
                    [; usual: {usual_countries}]",
                ja: "{key} から、これまで送信のなかった国を接続元とするメールが送信されています[({countries})][({messages:count}通)]\
                    [(通常の接続元 {usual_countries})]。",
                thresholds: {
                    new_country_min: u64 = 5, "messages from countries new to the account that are suspicious";
                }
            }
            BOUNCE_RATE 'D' [High] needs [] by volume::bounces {
                doc: "many refused recipients",
                sees: "permanently rejected recipients, as a share of those with a final result",
                origin: "a mail server suspends at 25 hard bounces an hour",
                en: "unusually many recipients reject mail[ of {key}][: {bounce_rate:percent}][, {bounced:count}]\
                    [ of {recipients:count}]",
                ja: "[{key} の]送信メールの不達率が高くなっています[({bounce_rate:percent})][(不達 {bounced:count}件)]\
                    [(宛先総数 {recipients:count}件)]。",
                thresholds: {
                    bounce_rate: Percent = 20, "share of rejected recipients that is too much";
                    bounce_min: u64 = 25, "rejected recipients below which the share says nothing";
                }
            }
            MAIL_BLOCKED 'D' [Warn] needs [] by volume::blocked {
                doc: "servers refuse its mail as spam",
                sees: "messages that other servers reject as spam or by policy, by server",
                en: "other servers reject mail of {key} as spam or by policy[: {blocked:count messages}][ at {servers:count servers}]",
                ja: "{key} からのメールが、迷惑メールとして他のサーバーに拒否されています[({blocked:count}通)][(拒否したサーバー {servers:count}台)]。",
                thresholds: {
                    blocked_min: usize = 10, "messages rejected as spam that are worth a look";
                }
            }
            LOGIN_GUESSED 'E' [High] needs [Logins] by clients::guessed {
                doc: "a login from a new address after many failures",
                sees: "failed logins within 24 hours, then a login from an address never seen",
                en: "there was a login to {key} from an address never seen before[, {ip}][ ({country})][, after {failures:count failed logins}]",
                ja: "{key} に、過去に利用のない接続元からログインされています[({ip})][(国 {country})][(直前の認証失敗 {failures:count}回)]。\
                    パスワードが推測された可能性があります。",
                thresholds: {
                    guesses: u64 = 20, "failures before a login from a new address that are suspicious";
                }
            }
            LOGIN_SHARED_IP 'E' [High] needs [Logins] by clients::shared {
                doc: "a login from an address that failed for other accounts",
                sees: "a login from an address that failed for several other accounts",
                en: "there was a login to {key} from an address that failed to log in to other accounts[: {ip}][ ({country})][, {accounts:count other accounts}]",
                ja: "他のアカウントで認証に失敗した接続元から、{key} にログインされています[({ip})][(国 {country})][(他のアカウント {accounts:count}件)]。",
                thresholds: {
                    shared_accounts: usize = 3, "other accounts that an address failed for";
                }
            }
            SENDER_FORGED 'F' [High] needs [Accounts] by names::forged {
                doc: "a login that sends under foreign names",
                sees: "a login that sends under a name of another domain, or under several of the host's own that are no account's",
                en: "{key} sends under sender addresses that are not its own[: {forged:count}][ of {messages:count messages}]",
                ja: "{key} から、差出人アドレスを詐称したメールが送信されています[({forged:count}通)][(送信総数 {messages:count}通)]。",
                thresholds: {
                    forged_senders: usize = 3, "foreign senders of the host's own domains that are suspicious";
                }
            }
            QUEUE_LOGIN 'G' [High, Warn] needs [Queue] by queue::share {
                doc: "one login or sender fills the queue",
                sees: "one login (or, where logins are not logged, one envelope sender) has a large share of a large queue",
                en: "mail of {key} fills the queue[: {messages:count messages}][ of {total:count}]",
                ja: "キューに滞留しているメールの多くが {key} によるものです[({messages:count}通)][(全{total:count}通)]。",
                thresholds: {
                    queue_share: Percent = 50, "share of the queue that is too much";
                    queue_min: usize = 100, "messages in the queue below which the share says nothing";
                }
            }
            QUEUE_BACKSCATTER 'G' [Warn] needs [Queue] by queue::backscatter {
                doc: "bounces fill the queue",
                sees: "bounces have a large share of a large queue",
                en: "bounces fill the queue[: {messages:count}][ of {total:count messages}]",
                ja: "不達通知がキューに大量に滞留しています[({messages:count}通)][(全{total:count}通)]。",
                shares: [queue_share, queue_min],
            }
            SCRIPT_HOT 'H' [Warn] needs [] by names::scripts {
                doc: "a program on the host sends much, or as nobody",
                sees: "a program on the host sends much within an hour, or under the null sender",
                en: "a program of {key} on the host sends an unusual volume of mail[ (user {user})]\
                    [: up to {peak_per_hour:count messages} within an hour][, {null_sender:count} without a sender]",
                ja: "ホスト上のプログラム({key})から通常を超える量のメールが送信されています[(ユーザー {user})]\
                    [(1時間あたり最大{peak_per_hour:count}通)][(差出人なし {null_sender:count}通)]。",
                thresholds: {
                    script_per_hour: usize = 50, "messages of a program in 60 minutes that are suspicious";
                    script_min: usize = 5, "messages of a program below which its sender is not judged";
                }
            }
            SENDER_UNKNOWN 'H' [Critical] needs [Accounts] by names::unknown {
                doc: "mail under a name that is no account",
                sees: "mail under a login, or of a program under a sender, that is no account of the host: an intrusion",
                en: "{key} sent mail[ ({messages:count messages})], but the host has no such account: a sign of intrusion",
                ja: "ホストに存在しないアカウント {key} からメールが送信されています[({messages:count}通)]。\
                    不正侵入の可能性があります。",
                shares: [script_min],
            }
            TEST_MESSAGE 'I' [Info] needs [] by clients::test_message {
                doc: "one small message to a free mailbox from a new address",
                sees: "one small message to a free mailbox, the only one from an address that is new to the account",
                en: "{key} sent one small message to a free mailbox from a new address, as attackers do to test an account\
                    [: {ip}][ ({country})][ to {recipient}]",
                ja: "{key} から、新しい接続元を用いて無料メール宛に小さなメールが1通送信されています[({ip})][(国 {country})][(宛先 {recipient})]。\
                    不正利用前の動作確認の可能性があります。",
                thresholds: {
                    test_size: u64 = 2_048, "bytes of a message that is small";
                }
            }
            DOMAIN_RISE 'J' [High] needs [] by together::rise {
                doc: "several accounts of one domain rise together",
                sees: "several accounts of one domain that A speaks of: a leaked list, or a broken panel",
                en: "several accounts of {key} send an unusual volume at the same time[: {accounts:count accounts}][, {messages:count messages}]",
                ja: "{key} の複数のアカウントから同時に大量のメールが送信されています[({accounts:count}件)][({messages:count}通)]。\
                    パスワードの漏えいの可能性があります。",
                thresholds: {
                    together_min: usize = 3, "accounts of one domain that rise together";
                }
            }
        }
    };
}
pub(super) use signals;
