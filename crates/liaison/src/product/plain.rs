//! Names that say nothing of one operator: words of everybody, names too short. In: the bare form of a name. Out: whether it counts by itself, beside its form of company, or never.
//! Never: a name that keeps others from saying what everybody says.
//!
//! Who reports or gives notice writes the name of its organisation as it likes. A text that holds it is refused, so a name that stands in every text would refuse them all.

use sakimori_advisory::matching::names::key;

/// Fewest signs of a name in a script without spaces between words, digits not counted.
const SIGNS_MIN: usize = 2;
/// Fewest signs of any other name.
const LETTERS_MIN: usize = 3;
/// Fewest signs of a name in hiragana alone, in which particles and endings are written.
const HIRAGANA_MIN: usize = 3;

/// How far a name says whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Wherever it stands.
    Name,
    /// With its form of company alone, and not within a longer word.
    WithForm,
    /// Nowhere: it is grammar.
    Nothing,
}

/// Words of everybody: sectors, bodies, what texts on incidents are about. A name made of nothing else is none without its form.
const COMMON: [&str; 122] = [
    "水道",
    "電力",
    "電気",
    "ガス",
    "石油",
    "鉄道",
    "貨物",
    "海運",
    "航空",
    "空港",
    "港湾",
    "通信",
    "放送",
    "郵便",
    "金融",
    "銀行",
    "証券",
    "保険",
    "病院",
    "医療",
    "物流",
    "運送",
    "会社",
    "株式",
    "企業",
    "法人",
    "組織",
    "団体",
    "組合",
    "協会",
    "機構",
    "事業",
    "事業者",
    "事業所",
    "基幹",
    "重要",
    "設備",
    "機器",
    "装置",
    "製品",
    "政府",
    "省庁",
    "内閣府",
    "大臣",
    "行政",
    "自治体",
    "当局",
    "担当",
    "部門",
    "本社",
    "支社",
    "情報",
    "報告",
    "被害",
    "攻撃",
    "侵入",
    "感染",
    "障害",
    "事案",
    "事故",
    "影響",
    "対策",
    "対応",
    "確認",
    "調査",
    "更新",
    "注意",
    "喚起",
    "警告",
    "通知",
    "脆弱",
    "脆弱性",
    "不正",
    "アクセス",
    "ネットワーク",
    "サーバ",
    "サーバー",
    "サービス",
    "システム",
    "データ",
    "メール",
    "ログ",
    "パスワード",
    "アドレス",
    "ソフト",
    "セキュリティ",
    "サイバー",
    "インターネット",
    "water",
    "power",
    "gas",
    "oil",
    "rail",
    "railway",
    "energy",
    "electric",
    "electricity",
    "bank",
    "hospital",
    "port",
    "airport",
    "telecom",
    "network",
    "networks",
    "system",
    "systems",
    "service",
    "services",
    "server",
    "security",
    "cyber",
    "data",
    "internet",
    "attack",
    "incident",
    "report",
    "office",
    "operator",
    "operators",
    "group",
    "government",
    "address",
];

/// Names of places: none by themselves, though a name begins with one.
const PLACES: [&str; 12] = [
    "日本",
    "東京",
    "大阪",
    "京都",
    "名古屋",
    "福岡",
    "北海道",
    "九州",
    "四国",
    "関東",
    "japan",
    "tokyo",
];

/// What a text cannot be written without.
const GRAMMAR: [&str; 95] = [
    "から",
    "まで",
    "より",
    "など",
    "ため",
    "こと",
    "もの",
    "とき",
    "する",
    "した",
    "して",
    "され",
    "ます",
    "です",
    "ない",
    "ある",
    "いる",
    "その",
    "この",
    "また",
    "ので",
    "なお",
    "および",
    "または",
    "による",
    "により",
    "おける",
    "ついて",
    "された",
    "されて",
    "している",
    "である",
    "ください",
    "ました",
    "しました",
    "します",
    "おいて",
    "として",
    "とする",
    "ために",
    "an",
    "as",
    "at",
    "be",
    "by",
    "do",
    "he",
    "if",
    "in",
    "is",
    "it",
    "me",
    "my",
    "no",
    "of",
    "on",
    "or",
    "so",
    "to",
    "up",
    "us",
    "we",
    "the",
    "and",
    "for",
    "are",
    "was",
    "has",
    "had",
    "have",
    "not",
    "all",
    "any",
    "can",
    "may",
    "from",
    "with",
    "this",
    "that",
    "they",
    "their",
    "been",
    "will",
    "were",
    "which",
    "who",
    "its",
    "our",
    "your",
    "you",
    "but",
    "new",
    "one",
    "other",
    "company",
];

fn is_in(words: &[&str], word: &str) -> bool {
    words.contains(&word)
}

fn hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | 'ー')
}

/// Whether a word is made of the words of a list, one behind the other.
fn made_of(words: &[&str], whole: &str) -> bool {
    let mut reached = vec![0_usize];
    let mut next = 0;
    while let Some(&from) = reached.get(next) {
        next += 1;
        let rest = whole.get(from..).unwrap_or_default();
        for word in words.iter().filter(|word| rest.starts_with(**word)) {
            let end = from + word.len();
            if end == whole.len() {
                return true;
            }
            if !reached.contains(&end) {
                reached.push(end);
            }
        }
    }
    false
}

/// How far the bare form of a name, words apart by one space, says whose it is. `unspaced` are signs of scripts that leave no space between words.
pub(super) fn weight(key: &str, forms: &[&str], unspaced: fn(char) -> bool) -> Weight {
    let joined: String = key.chars().filter(|c| *c != ' ').collect();
    let grammar = |word: &str| {
        is_in(&GRAMMAR, word) || (word.is_ascii() && word.len() == 1) || is_in(forms, word)
    };
    let of_grammar = key.split(' ').all(grammar) || grammar(&joined);
    let few = joined.chars().all(hiragana) && joined.chars().count() < HIRAGANA_MIN;
    if of_grammar || few {
        return Weight::Nothing;
    }
    let letters = || joined.chars().filter(|c| !c.is_numeric());
    let native = joined.chars().any(unspaced);
    let short = if native {
        letters().count() < SIGNS_MIN
    } else {
        letters().count() == 0 || joined.chars().count() < LETTERS_MIN
    };
    let known = |word: &str| {
        let ends = is_in(&COMMON, word) || is_in(&PLACES, word) || is_in(&GRAMMAR, word);
        // Signs of Japanese run on; letters are words by themselves.
        ends || (word.chars().any(unspaced) && made_of(&COMMON, word))
    };
    if short || known(&joined) || key.split(' ').all(known) {
        return Weight::WithForm;
    }
    Weight::Name
}

/// Whether a name is a phrase of everybody with its form too, such as "water company".
pub(super) fn everybodys(name: &str) -> bool {
    let known = |word: &str| is_in(&COMMON, word) || is_in(&GRAMMAR, word) || word.len() == 1;
    name.is_ascii() && key(name).split(' ').all(known)
}

/// Whether a name is so short a word of katakana that longer words of everybody hold it.
pub(super) fn within_words(key: &str) -> bool {
    let katakana = |c: char| matches!(c, '\u{30a1}'..='\u{30ff}');
    key.chars().all(katakana) && key.chars().count() <= 3
}
