//! Extensions that the specification has for observables, section 6.

use super::super::{special, words};
use super::{COUNT, Form, INTEGER, Part, Property, may, must};

const TEXTS: Form = Form::DictionaryOf(|_, value| value.as_str().is_some(), "is not a text");
const EXIF: Form = Form::DictionaryOf(
    |name, value| {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let named = name.starts_with(|first: char| first.is_ascii_uppercase());
        let good = value.as_str().is_some() || special::is_integer(value);
        named && name.len() > 1 && name.bytes().all(rest) && good
    },
    "is no tag of Exif with a text or whole number",
);
const REQUEST_HEADER: Form = Form::DictionaryOf(
    |_, value| special::are_texts(value),
    "is not a list of texts",
);
const SOCKET_OPTIONS: Form = Form::DictionaryOf(
    |name, value| special::is_socket_option(name) && special::is_integer(value),
    "is no option of a socket with a whole number",
);
const STARTUP_INFO: Form = Form::DictionaryOf(
    special::is_startup_info,
    "is no member of STARTUPINFO of its type",
);

/// Shortens what all have.
const fn part(own: &'static [Property], any: &'static [&'static str]) -> Part {
    Part {
        own,
        any,
        closed: false,
    }
}

const STREAM: Part = part(
    &[
        must("name", Form::Text),
        may("hashes", Form::Hashes),
        may("size", COUNT),
    ],
    &[],
);

const SECTION: Part = part(
    &[
        must("name", Form::Text),
        may("size", COUNT),
        may("entropy", Form::Number(f64::MIN, f64::MAX)),
        may("hashes", Form::Hashes),
    ],
    &[],
);

const OPTIONAL_HEADER: Part = Part {
    own: &[
        may("magic_hex", Form::Text),
        may("major_linker_version", INTEGER),
        may("minor_linker_version", INTEGER),
        may("size_of_code", COUNT),
        may("size_of_initialized_data", COUNT),
        may("size_of_uninitialized_data", COUNT),
        may("address_of_entry_point", INTEGER),
        may("base_of_code", INTEGER),
        may("base_of_data", INTEGER),
        may("image_base", INTEGER),
        may("section_alignment", INTEGER),
        may("file_alignment", INTEGER),
        may("major_os_version", INTEGER),
        may("minor_os_version", INTEGER),
        may("major_image_version", INTEGER),
        may("minor_image_version", INTEGER),
        may("major_subsystem_version", INTEGER),
        may("minor_subsystem_version", INTEGER),
        may("win32_version_value_hex", Form::Text),
        may("size_of_image", COUNT),
        may("size_of_headers", COUNT),
        may("checksum_hex", Form::Text),
        may("subsystem_hex", Form::Text),
        may("dll_characteristics_hex", Form::Text),
        may("size_of_stack_reserve", COUNT),
        may("size_of_stack_commit", COUNT),
        may("size_of_heap_reserve", COUNT),
        may("size_of_heap_commit", COUNT),
        may("loader_flags_hex", Form::Text),
        may("number_of_rva_and_sizes", INTEGER),
        may("hashes", Form::Hashes),
    ],
    any: &[],
    closed: true,
};

const PROCESS: &[&str] = &[
    "aslr_enabled",
    "dep_enabled",
    "priority",
    "owner_sid",
    "window_title",
    "startup_info",
];

const SERVICE: &[&str] = &[
    "service_name",
    "descriptions",
    "display_name",
    "group_name",
    "start_type",
    "service_dll_refs",
    "service_type",
    "service_status",
];

const KNOWN: &[(&str, Part)] = &[
    (
        "archive-ext",
        part(
            &[
                must("contains_refs", Form::Refs(&["file", "directory"])),
                may("comment", Form::Text),
            ],
            &[],
        ),
    ),
    (
        "ntfs-ext",
        part(
            &[
                may("sid", Form::Text),
                may("alternate_data_streams", Form::Parts(&STREAM)),
            ],
            &["sid", "alternate_data_streams"],
        ),
    ),
    (
        "pdf-ext",
        part(
            &[
                may("version", Form::Text),
                may("is_optimized", Form::Bool),
                may("document_info_dict", TEXTS),
                may("pdfid0", Form::Text),
                may("pdfid1", Form::Text),
            ],
            &[
                "version",
                "is_optimized",
                "document_info_dict",
                "pdfid0",
                "pdfid1",
            ],
        ),
    ),
    (
        "raster-image-ext",
        part(
            &[
                may("image_height", INTEGER),
                may("image_width", INTEGER),
                may("bits_per_pixel", INTEGER),
                may("exif_tags", EXIF),
            ],
            &[
                "image_height",
                "image_width",
                "bits_per_pixel",
                "image_compression_algorithm",
                "exif_tags",
            ],
        ),
    ),
    (
        "windows-pebinary-ext",
        part(
            &[
                must("pe_type", Form::Open(words::PE_TYPE)),
                may("imphash", Form::Text),
                may("machine_hex", Form::Text),
                may("number_of_sections", COUNT),
                may("time_date_stamp", Form::Time),
                may("pointer_to_symbol_table_hex", Form::Text),
                may("number_of_symbols", COUNT),
                may("size_of_optional_header", COUNT),
                may("characteristics_hex", Form::Text),
                may("file_header_hashes", Form::Hashes),
                may("optional_header", Form::Part(&OPTIONAL_HEADER)),
                may("sections", Form::Parts(&SECTION)),
            ],
            &[
                "imphash",
                "machine_hex",
                "number_of_sections",
                "time_date_stamp",
                "pointer_to_symbol_table_hex",
                "number_of_symbols",
                "size_of_optional_header",
                "characteristics_hex",
                "file_header_hashes",
                "optional_header",
                "sections",
            ],
        ),
    ),
    (
        "http-request-ext",
        part(
            &[
                must("request_method", Form::Text),
                must("request_value", Form::Text),
                may("request_version", Form::Text),
                may("request_header", REQUEST_HEADER),
                may("message_body_length", INTEGER),
                may("message_body_data_ref", Form::Ref(&["artifact"])),
            ],
            &[],
        ),
    ),
    (
        "icmp-ext",
        part(
            &[
                must("icmp_type_hex", Form::Text),
                must("icmp_code_hex", Form::Text),
            ],
            &[],
        ),
    ),
    (
        "socket-ext",
        part(
            &[
                must("address_family", Form::Closed(words::SOCKET_FAMILY)),
                may("is_blocking", Form::Bool),
                may("is_listening", Form::Bool),
                may("options", SOCKET_OPTIONS),
                may("socket_type", Form::Closed(words::SOCKET_TYPE)),
                may("socket_descriptor", COUNT),
                may("socket_handle", INTEGER),
            ],
            &[],
        ),
    ),
    (
        "tcp-ext",
        part(
            &[
                may("src_flags_hex", Form::Text),
                may("dst_flags_hex", Form::Text),
            ],
            &["src_flags_hex", "dst_flags_hex"],
        ),
    ),
    (
        "windows-process-ext",
        part(
            &[
                may("aslr_enabled", Form::Bool),
                may("dep_enabled", Form::Bool),
                may("priority", Form::Text),
                may("owner_sid", Form::Text),
                may("window_title", Form::Text),
                may("startup_info", STARTUP_INFO),
                may("integrity_level", Form::Closed(words::INTEGRITY_LEVEL)),
            ],
            PROCESS,
        ),
    ),
    (
        "windows-service-ext",
        part(
            &[
                may("service_name", Form::Text),
                may("descriptions", Form::Texts),
                may("display_name", Form::Text),
                may("group_name", Form::Text),
                may("start_type", Form::Closed(words::SERVICE_START)),
                may("service_dll_refs", Form::Refs(&["file"])),
                may("service_type", Form::Closed(words::SERVICE_TYPE)),
                may("service_status", Form::Closed(words::SERVICE_STATUS)),
            ],
            SERVICE,
        ),
    ),
    (
        "unix-account-ext",
        part(
            &[
                may("gid", Form::Number(f64::MIN, f64::MAX)),
                may("groups", Form::Texts),
                may("home_dir", Form::Text),
                may("shell", Form::Text),
            ],
            &["gid", "groups", "home_dir", "shell"],
        ),
    ),
];

/// The properties of an extension of the specification.
pub(in super::super) fn find(key: &str) -> Option<&'static Part> {
    let found = KNOWN.iter().find(|(name, _)| *name == key);
    found.map(|(_, part)| part)
}
