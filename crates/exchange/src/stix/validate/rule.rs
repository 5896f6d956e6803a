//! The rules and their sections. In: nothing. Out: stable ids. Never: an id that changes its meaning; a rule that goes leaves its id unused.

use std::fmt;

/// Whether a finding makes an object invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It does.
    Error,
    /// A recommendation that is not followed.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Declares the rules with their ids and sections.
macro_rules! rules {
    ($($(#[$doc:meta])+ $name:ident $id:literal $section:literal,)+) => {
        /// A rule of the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])+ $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its id, which stays.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }

            /// Where STIX 2.1 says it.
            pub const fn section(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("STIX 2.1 section ", $section),)+
                }
            }
        }
    };
}

rules! {
    /// A type name is lower case, 3 to 250 letters, digits and hyphens.
    TypeName "type-name" "3.1",
    /// `spec_version` is 2.0 or 2.1.
    SpecVersion "spec-version" "3.2",
    /// An id is a type, two hyphens and a UUID.
    IdForm "id-form" "2.9",
    /// An id begins with the type of its object.
    IdType "id-type" "2.9",
    /// Observables have UUIDs of version 5, all else of version 4.
    IdUuid "id-uuid" "2.9",
    /// A property that has to be there is.
    Required "required" "3.2",
    /// At least, or exactly, one of some properties is there.
    OneOf "one-of" "3.2",
    /// Properties that exclude or need each other.
    Together "together" "3.2",
    /// A property has its type.
    PropertyType "property-type" "2",
    /// A name of a property is lower case, 3 to 250 letters, digits and underscores.
    PropertyName "property-name" "3.1",
    /// A name that a later version keeps for itself.
    Reserved "reserved" "3.8",
    /// No list is empty.
    EmptyList "empty-list" "2.12",
    /// No dictionary is empty; its keys have their form.
    Dictionary "dictionary" "2.3",
    /// No value is null.
    Null "null" "3.1",
    /// A number is in its range.
    Range "range" "2.10",
    /// A timestamp has its form and is a moment.
    Timestamp "timestamp" "2.16",
    /// `created` and `modified` have milliseconds.
    Milliseconds "milliseconds" "3.2",
    /// One time is not before another.
    TimeOrder "time-order" "3.2",
    /// A value of a closed enumeration.
    Enumeration "enumeration" "2.4",
    /// A value of an open vocabulary, suggested.
    Vocabulary "vocabulary" "2.14",
    /// Values of open vocabularies are lower case with hyphens.
    VocabularyForm "vocabulary-form" "2.14",
    /// A reference is to an object of a type that may stand there.
    Reference "reference" "2.9",
    /// The two ends of a relationship and its name are suggested together.
    Relationship "relationship" "3.7",
    /// A hash value is one of its algorithm.
    Hash "hash" "2.7",
    /// A hash algorithm is of the vocabulary.
    HashName "hash-name" "10.7",
    /// Base64.
    Binary "binary" "2.1",
    /// Pairs of hexadecimal digits.
    Hex "hex" "2.8",
    /// A URL.
    Url "url" "6.15",
    /// An address, name or registry key of its form.
    Value "value" "6",
    /// A media type.
    MediaType "media-type" "6.1",
    /// A language tag.
    Language "language" "3.2",
    /// An external reference says enough, and CVE and CAPEC ids stand under their names.
    ExternalReference "external-reference" "2.5",
    /// An external reference with a URL has hashes.
    ExternalHashes "external-hashes" "2.5",
    /// A marking of a part points to a part.
    Selector "selector" "7.2.3",
    /// A marking does not mark itself.
    MarkingCircle "marking-circle" "7.2",
    /// A marking definition is one that the specification knows.
    Marking "marking" "7.2.1",
    /// TLP markings are the four that the specification gives.
    Tlp "tlp" "7.2.1.4",
    /// An extension has a key and type that the specification knows.
    Extension "extension" "7.3",
    /// A type of one's own is defined by an extension.
    CustomType "custom-type" "7.3",
    /// A property of one's own is defined by an extension.
    CustomProperty "custom-property" "7.3",
    /// A pattern parses.
    Pattern "pattern" "9",
    /// A kill chain and its phase are lower case with hyphens.
    KillChain "kill-chain" "2.11",
    /// What is only kept for older senders.
    Deprecated "deprecated" "4.14",
    /// What should be there.
    Recommended "recommended" "4",
    /// Two versions of one object have different times.
    DoubleId "double-id" "3.6",
}
