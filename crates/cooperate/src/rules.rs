//! The sentences that decide, each with its place in the law, in Japanese and English. In: nothing. Out: [`Rule`], [`Reason`], [`Marks`]. Never: a verdict without one.
//!
//! `part` is the part of the project's map of the Act in which the sentence stands: B1 who and what, B5 asset notification, B6 incident reports (B6.1 counting, B6.2
//! questions, B6.3 fields, B6.4 routing), B7 suppliers. A rule that is a *reading* fills in where the text is silent; the product says so wherever it shows it.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

macro_rules! rules {
    ($($name:ident $id:literal $part:literal $law:literal $how:ident $ja:literal $en:literal;)*) => {
        /// A sentence that decides something. JSON: its id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $en] #[serde(rename = $id)] $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The part of the map of the Act.
            pub const fn part(self) -> &'static str {
                match self { $(Self::$name => $part,)* }
            }

            /// The place in the law, or what it is where it is none.
            pub const fn law(self) -> &'static str {
                match self { $(Self::$name => $law,)* }
            }

            /// The sentence in Japanese.
            pub const fn ja(self) -> &'static str {
                match self { $(Self::$name => $ja,)* }
            }

            /// The sentence in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }

            /// Whether the text is silent and the sentence is how the project reads it.
            pub const fn is_reading(self) -> bool {
                match self { $(Self::$name => rules!(@ $how),)* }
            }
        }
    };
    (@ stated) => { false };
    (@ reading) => { true };
}

rules! {
    ScopeTypeOne "scope.type-1" "B1" "Cabinet Order 47/2026 art. 1(3); Order 4/2026 art. 1" stated
        "特定重要設備そのもの又はその一部である（一号電子計算機）。" "It is the designated equipment itself or a part of it (type 1).";
    ScopeTypeTwo "scope.type-2" "B1" "Cabinet Order 47/2026 art. 1(3); Order 4/2026 art. 1" stated
        "特定重要設備に接続し、影響を及ぼし得るデータを送信でき、七つの小類型のいずれかに当たる（二号）。" "It is connected, able to send data that influences the equipment, and of one of the seven sub-types (type 2).";
    ScopeTypeThree "scope.type-3" "B1" "Cabinet Order 47/2026 art. 1(3); Order 4/2026 art. 1" stated
        "定期的にデータを準備し、それがなければ特定重要設備の機能が低下する（三号）。" "It prepares data periodically without which the equipment degrades (type 3).";
    ScopeAllSubTypes "scope.all-sub-types" "B6" "Order 4/2026 art. 4" stated
        "当てはまる小類型はすべて記録し、最も重い義務を適用する。" "All sub-types that fit are recorded and the strictest duty applies.";
    ScopeNoOperator "scope.no-operator" "B1" "Act 42/2025 art. 2" stated
        "指定を受けた事業者が用いる電子計算機ではない。" "It is not used by a designated infrastructure operator.";
    ScopeNoType "scope.no-type" "B1" "Cabinet Order 47/2026 art. 1(3)" stated
        "一号、二号、三号のいずれにも当たらない。" "It is of none of the types 1, 2 and 3.";
    ScopeNotConnected "scope.not-connected" "B1" "Cabinet Order 47/2026 art. 1(3); Order 4/2026 art. 1" stated
        "接続していない、又は影響を及ぼし得るデータを送信できないため、二号に当たらない。" "It is not connected or not able to send influencing data, so it is not of type 2.";
    ScopeAsk "scope.ask" "B1" "the text does not say what holds while somebody is unsure" reading
        "不明の回答がある。確かめるまでは対象とみなす。" "An answer is unsure: ask; until then it counts as in scope.";
    CoreTypeOne "core.type-1" "B6" "Order 4/2026 art. 4" stated
        "一号は中核の電子計算機である。" "A machine of type 1 is a core machine.";
    CoreSubType "core.sub-type" "B6" "Order 4/2026 art. 4; which two sub-types was not found, the schedule lists them" stated
        "予定表が中核とする小類型に当たる。" "It is of a sub-type that the schedule lists as core.";
    CoreNot "core.not" "B6" "Order 4/2026 art. 4" stated
        "中核ではない対象の電子計算機である。" "It is in scope and not a core machine.";
    AssetProduct "asset.product" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "専用機器はハードウェア、その他は基本ソフト、ミドルウェア、応用ソフトを届け出る。" "Told of are the hardware of appliances, and operating system, middleware and applications on others.";
    AssetOtherHardware "asset.other-hardware" "B5" "Order 4/2026 arts. 2 and 3 name the hardware of appliances only" reading
        "専用機器でない電子計算機のハードウェアは届出の対象に挙げられていない。" "Hardware of a machine that is no appliance is not among what is told of.";
    AssetOutOfScope "asset.out-of-scope" "B5" "Act 42/2025 art. 4" stated
        "特定重要電子計算機でないため届出を要しない。" "It is no specific important computer: no notice.";
    AssetBespoke "asset.bespoke" "B5" "Order 4/2026 arts. 2 and 3" stated
        "一の事業者又はその企業集団のために特別に作られた製品は届出を要しない。" "A product made for one operator or its parent's group needs no notice.";
    AssetWidelyUsed "asset.widely-used" "B5" "Order 4/2026 arts. 2 and 3; notice of 2026-09-15" stated
        "広く利用されるものとして告示された製品は届出を要しない。" "A product that is designated as widely used needs no notice.";
    AssetNearName "asset.near-name" "B5" "the text does not say how names are compared" reading
        "製品名が告示や既存の届出の名称と完全には一致しない。届け出る。" "The name is not exactly that of the designation or filing: it is told of.";
    AssetUnsureBespoke "asset.unsure-bespoke" "B5" "the text does not say what holds while somebody is unsure" reading
        "特別に作られたか不明のため届け出る。" "It is unsure whether it is bespoke: it is told of.";
    AssetIncidentDuty "asset.incident-duty" "B5" "Order 4/2026 arts. 2 and 3" stated
        "届出を要しない場合も、事案の報告義務は残る。" "The exemption does not remove the incident duty.";
    AssetSubstituted "asset.substituted" "B5" "Order 4/2026 arts. 2 and 3" stated
        "経済安全保障の届出に同じ名称があり、届出に代わる。" "An economic-security filing with the same names takes the place of the notice.";
    AssetCloud "asset.cloud" "B5" "Order 4/2026 arts. 2 and 3" stated
        "クラウドはサービス名と提供者名で届け出る。" "A cloud service is told of by service and provider.";
    NoticeIntroduction "notice.introduction" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "導入から四か月以内に届け出る。" "Within 4 months of introduction.";
    NoticeDesignation "notice.designation" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "指定から六か月以内に届け出る（指定後二か月までに導入したものを含む）。" "Within 6 months of designation, also for things introduced up to 2 months after.";
    NoticeScopeChange "notice.scope-change" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "対象の変更から六か月以内に届け出る。" "Within 6 months of the change of scope.";
    NoticeScopeChangeWindow "notice.scope-change-window" "B5" "the two months are stated for designation; for a change of scope the text can be read either way" reading
        "対象の変更後二か月までに導入したものも、変更から六か月以内とする。" "Things introduced up to 2 months after a change of scope have its 6 months too.";
    NoticeInUse "notice.in-use" "B5" "Act 42/2025, supplementary provisions; Order 4/2026" stated
        "令和八年十月一日に使用中のもの（その後二か月以内の導入を含む）は同日から六か月以内に届け出る。" "In use on 1 October 2026, or introduced within 2 months after: 6 months from that day.";
    NoticeChange "notice.change" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "届け出た事項の変更から四か月以内に変更を届け出る。" "A change of what was told is told within 4 months.";
    NoticeOperatorName "notice.operator-name" "B5" "Order 4/2026 arts. 2 and 3" stated
        "事業者の名称のみの変更は軽微であり、届出を要しない。" "Only the operator's own name is minor: no change notice.";
    NoticeUnlisted "notice.unlisted" "B5" "the five items are listed; for what is not among them the text is silent" reading
        "届出の五項目にない事項の変更は届出を要しない。" "What is not among the five items needs no change notice.";
    NoticeItem "notice.item" "B5" "Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3" stated
        "届出には事業者の概要、設備の種別、電子計算機の種別、製品名、製造者名の五項目が要る。" "A notice has five items: operator outline, class of equipment, class of computer, product name, maker name.";
    TriggerEvent "trigger.event" "B6" "Act 42/2025 art. 5; Order 4/2026 art. 4" stated
        "特定侵害事象が起きた。" "The infringement event happened.";
    TriggerReceived "trigger.received" "B6" "Order 4/2026 art. 4" stated
        "中核の電子計算機に不正な指令が受信された。" "Malicious code was made to be received by a core machine.";
    TriggerReceivedOther "trigger.received-other" "B6" "Order 4/2026 art. 4" stated
        "中核でない電子計算機では、受信されただけでは報告の対象とならない。" "On other machines, code that was received and not run is no trigger.";
    TriggerCredential "trigger.credential" "B6" "Order 4/2026 art. 4" stated
        "他人の識別符号が入力された。" "Someone else's credential was entered.";
    TriggerBypass "trigger.bypass" "B6" "Order 4/2026 art. 4" stated
        "制限を免れる情報又は指令が入力された。" "Bypass information or a bypass command was entered.";
    TriggerTheft "trigger.theft" "B6" "Order 4/2026 art. 4" stated
        "識別符号が窃取された。" "Credentials were stolen.";
    TriggerTrace "trigger.trace" "B6" "Order 4/2026 art. 4" stated
        "痕跡が見つかった。" "Traces of one of these were found.";
    TriggerOther "trigger.other" "B6" "Order 4/2026 art. 4 names entry and theft for core machines only" reading
        "中核でない電子計算機への入力や窃取は、不正アクセスという事象そのものとみなす。" "Entry or theft on another machine is taken as the event itself, an unauthorised access.";
    TriggerObstruction "trigger.obstruction" "B6" "Act 42/2025 arts. 2 and 5" stated
        "業務妨害が遂げられた。" "Obstruction was completed.";
    TriggerAttemptCore "trigger.attempt-core" "B6" "Order 4/2026 art. 4 excludes the attempt for other machines only" reading
        "中核の電子計算機に対する業務妨害の未遂は報告する。" "Attempted obstruction of a core machine is reported.";
    TriggerAttemptWithCode "trigger.attempt-with-code" "B6" "the exclusion ends where another unlawful act is present; which acts is not said" reading
        "業務妨害の未遂とともに受信された不正な指令は、他の不正な行為とみなす。" "Malicious code that was received beside an attempt is taken as another unlawful act.";
    TriggerUnsure "trigger.unsure" "B6.2" "the text does not say what holds while somebody is unsure" reading
        "不明の回答があるため、報告する。" "An answer is unsure: report.";
    TriggerNone "trigger.none" "B6" "Act 42/2025 art. 5; Order 4/2026 art. 4" stated
        "報告の対象となる行為も痕跡もない。" "Nothing of what is reported happened, and there is no trace of it.";
    TriggerOutside "trigger.outside" "B6" "Act 42/2025 art. 5" stated
        "特定重要電子計算機ではない。" "The machine is no specific important computer.";
    ExclusionFirstMonths "exclusion.first-months" "B6" "Order 4/2026 art. 4" stated
        "指定又は対象の変更から最初の六か月は報告を要しない。" "The first 6 months after designation or change of scope are excluded.";
    ExclusionAttempt "exclusion.attempt" "B6" "Order 4/2026 art. 4" stated
        "中核でない電子計算機に対する業務妨害の未遂は、他の不正な行為や痕跡がない限り報告を要しない。" "Attempted obstruction of another machine is excluded unless another unlawful act or trace is present.";
    ReportPromptly "report.promptly" "B6" "Act 42/2025 art. 5; Order 4/2026 art. 4" stated
        "認知の後速やかに報告する。" "Promptly after recognition.";
    ReportPromptTarget "report.prompt-target" "B6" "three to five days is an interpretation of `promptly`" reading
        "「速やかに」の目安は三日から五日とする。" "Three to five days are the target for `promptly`.";
    ReportFull "report.full" "B6" "Act 42/2025 art. 5; Order 4/2026 art. 4" stated
        "認知から三十日以内に詳細を報告する。" "The full report comes within 30 days of recognition.";
    ReportRequired "report.required" "B6" "Order 4/2026 art. 4, the seven items" stated
        "この段階で必要な項目である。" "The item is needed at this stage.";
    ReportUnknown "report.unknown" "B6" "Order 4/2026 art. 4, items 3 to 7 as far as known" stated
        "第三項から第七項は判明している範囲でよい。第一項と第二項は要る。" "Items 3 to 7 are given as far as known; items 1 and 2 are needed.";
    ReportForm "report.form" "B6.3" "Order 4/2026, forms" stated
        "この様式の項目ではない。" "The field is not one of this form.";
    ReportValue "report.value" "B6.3" "Order 4/2026, forms; how values are written is the project's" reading
        "値の書き方が項目に合わない。" "The value is not one that the field takes.";
    ReportRecognised "report.recognised" "B6" "Act 42/2025 art. 5" stated
        "認知した時刻は一度だけ記録する。" "The time of recognition is set once.";
    ReportStage "report.stage" "B6" "Act 42/2025 art. 5; Order 4/2026 art. 4" stated
        "速報、詳報、訂正の順に行う。" "Prompt report, full report and corrections follow each other.";
    ReportVersions "report.versions" "B6" "an operator corrects and never withdraws: the text is silent on withdrawal" reading
        "版は残り、消されない。" "Versions are kept; none is taken back.";
    ReportFiler "report.filer" "B6" "the text is silent on who files for an operator" reading
        "委任を受けた者は期限の日まで提出できる。" "A delegated filer may file until a date.";
    CountFirstDay "count.first-day" "B6.1" "Civil Code art. 140" stated
        "初日は算入しない。" "The first day is not counted.";
    CountMidnight "count.midnight" "B6.1" "Civil Code art. 140, proviso" stated
        "期間が午前零時から始まるため初日を算入する。" "The period begins at 00:00, so its first day is counted.";
    CountDayOnly "count.day-only" "B6.1" "Civil Code art. 140; only the day is known, not the hour" reading
        "日のみが分かるため、その日の途中に起きたものとして初日は算入しない。" "Only the day is known: it is taken to lie within the day, which is not counted.";
    CountMonths "count.months" "B6.1" "Civil Code art. 143(2)" stated
        "月の期間は応当日の前日に満了する。" "A period in months ends on the day before the corresponding day.";
    CountMonthLacksDay "count.month-lacks-day" "B6.1" "Civil Code art. 143(2), proviso" stated
        "応当日がない月はその末日に満了する。" "A month that lacks the corresponding day ends the period on its last day.";
    CountWeekend "count.weekend" "B6.1" "Act 91/1988 art. 2" stated
        "末日が土曜日又は日曜日のため次の開庁日とする。" "The last day is a Saturday or Sunday: the next working day.";
    CountHoliday "count.holiday" "B6.1" "Act 91/1988 art. 2; Act 178/1948" stated
        "末日が国民の祝日等のため次の開庁日とする。" "The last day is a national holiday: the next working day.";
    CountYearEnd "count.year-end" "B6.1" "Act 91/1988 arts. 1 and 2" stated
        "末日が十二月二十九日から一月三日のため次の開庁日とする。" "The last day lies in 29 December to 3 January: the next working day.";
    RouteMinister "route.minister" "B6.4" "Act 42/2025 art. 5; the row of the schedule" stated
        "業種を所管する大臣に提出する。" "To the minister of the sector.";
    RouteCabinetOffice "route.cabinet-office" "B6" "Act 42/2025 art. 5" stated
        "内閣総理大臣（内閣府）にも提出する。" "To the Prime Minister as well, at the Cabinet Office.";
    RouteBureau "route.bureau" "B6" "Cabinet Order 47/2026 art. 3; the row of the schedule" stated
        "都道府県を管轄する地方支分部局に提出する。" "To the regional bureau of the prefecture.";
    RouteHeadquarters "route.headquarters" "B6.4" "no row of the schedule names a bureau" reading
        "管轄する部局の行が予定表にないため本省に提出する。" "No row names a bureau: to headquarters.";
    RouteUnknown "route.unknown" "B6.4" "no row of the schedule names the sector" reading
        "業種の行が予定表にないため内閣府の本府に提出し、その旨を示す。" "No row names the sector: to headquarters, and it says so.";
    AnswerDeadline "answer.deadline" "B5" "Act 42/2025 arts. 6 to 10; the letter sets the day" stated
        "書面に定められた日までに回答する。" "The answer is due on the day that the letter sets.";
    OfficeAnswers "office.answers" "B6" "the text sets the office no day; a bound of the project's" reading
        "受け取った側も期限までに受領を知らせる。" "The office acknowledges in its own time too.";
    FieldMissing "field.missing" "B5" "Act 42/2025 arts. 4 and 5" stated
        "必要な項目が空である。" "A needed field is empty.";
    TextBounds "field.bounds" "B6.3" "a bound of the project's" reading
        "文字数又は使える文字の範囲を超えている。" "A text is too long or has characters that none may have.";
}

/// What stands beside a result: that the text is silent and this is a reading, or that nobody verified a value that it rests on. JSON: `["reading", "unverified"]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The text is silent.
    pub reading: bool,
    /// A value of the schedule that nobody verified.
    pub unverified: bool,
}

impl Marks {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            reading: self.reading || other.reading,
            unverified: self.unverified || other.unverified,
        }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        let reading = self.reading.then_some("reading");
        reading
            .into_iter()
            .chain(self.unverified.then_some("unverified"))
    }
}

/// As people see it: `READING`, `UNVERIFIED`, both, or nothing.
impl std::fmt::Display for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<String> = self.words().map(str::to_uppercase).collect();
        f.write_str(&words.join(" "))
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.words())
    }
}

/// A sentence as it was applied. JSON: `{"rule", "part", "law", "ja", "en", "marks"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The sentence.
    pub rule: Rule,
    /// Whether the value of the schedule that it was applied with was verified; true where it rests on none.
    pub verified: bool,
}

impl Reason {
    pub(crate) const fn new(rule: Rule, verified: bool) -> Self {
        Self { rule, verified }
    }

    /// Its marks.
    pub const fn marks(self) -> Marks {
        Marks {
            reading: self.rule.is_reading(),
            unverified: !self.verified,
        }
    }
}

/// A sentence that rests on no value of the schedule.
impl From<Rule> for Reason {
    fn from(rule: Rule) -> Self {
        Self::new(rule, true)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("Reason", 6)?;
        object.serialize_field("rule", self.rule.id())?;
        object.serialize_field("part", self.rule.part())?;
        object.serialize_field("law", self.rule.law())?;
        object.serialize_field("ja", self.rule.ja())?;
        object.serialize_field("en", self.rule.en())?;
        object.serialize_field("marks", &self.marks())?;
        object.end()
    }
}

/// The marks of all reasons together.
pub fn marks(reasons: &[Reason]) -> Marks {
    reasons
        .iter()
        .fold(Marks::default(), |all, reason| all.and(reason.marks()))
}
