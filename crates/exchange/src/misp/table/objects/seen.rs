//! Objects on a machine: files, keys, processes, accounts, software. In: nothing. Out: rows. Never: a condition that two rows of one name share.

use super::Row;

const fn row(
    name: &'static str,
    templates: &'static str,
    pieces: &'static [(&'static str, &'static str)],
) -> Row {
    Row {
        name,
        when: None,
        only: &[],
        templates,
        fixed: "",
        pieces,
    }
}

const fn account(
    name: &'static str,
    templates: &'static str,
    fixed: &'static str,
    pieces: &'static [(&'static str, &'static str)],
) -> Row {
    Row {
        name,
        when: None,
        only: &[],
        templates,
        fixed,
        pieces,
    }
}

/// What a sample in an encrypted archive looks like in a pattern.
const SAMPLE: &str = "(file:content_ref.payload_bin = '{:data}' AND file:content_ref.x_misp_filename = '{:left}' AND file:content_ref.hashes.MD5 = '{:right}' AND file:content_ref.mime_type = 'application/zip' AND file:content_ref.encryption_algorithm = 'mime-type-indicated' AND file:content_ref.decryption_key = 'infected')";

pub(super) const ROWS: &[Row] = &[
    row(
        "android-app",
        r#"[{"type":"software","name":"{name}"}]"#,
        &[("name", "name")],
    ),
    row(
        "artifact",
        r#"[{"type":"artifact","mime_type":"{mime_type}","payload_bin":"{payload_bin:data}","url":"{url}","hashes":{"MD5":"{md5}","SHA-1":"{sha1}","SHA-256":"{sha256}","SHA-512":"{sha512}","SHA3-256":"{sha3-256}","SHA3-512":"{sha3-512}","SSDEEP":"{ssdeep}","TLSH":"{tlsh}"},"encryption_algorithm":"{encryption_algorithm}","decryption_key":"{decryption_key}","x_misp_filename":"{payload_bin}"}]"#,
        &[
            ("md5", "hashes.MD5"),
            ("sha1", "hashes.'SHA-1'"),
            ("sha256", "hashes.'SHA-256'"),
            ("sha3-256", "hashes.'SHA3-256'"),
            ("sha3-512", "hashes.'SHA3-512'"),
            ("sha512", "hashes.'SHA-512'"),
            ("ssdeep", "hashes.SSDEEP"),
            ("tlsh", "hashes.TLSH"),
            (
                "payload_bin",
                "artifact:payload_bin = '{:data}' AND artifact:x_misp_filename = '{}'",
            ),
            ("mime_type", "mime_type"),
            ("url", "url"),
            ("encryption_algorithm", "encryption_algorithm"),
            ("decryption_key", "decryption_key"),
        ],
    ),
    row(
        "cpe-asset",
        r#"[{"type":"software","name":"{product}","cpe":"{cpe}","languages":["{language*}"],"vendor":"{vendor}","version":"{version}"}]"#,
        &[
            ("cpe", "cpe"),
            ("language", "languages"),
            ("product", "name"),
            ("vendor", "vendor"),
            ("version", "version"),
        ],
    ),
    row(
        "credential",
        r#"[{"type":"user-account","user_id":"{username}","credential":"{password}"}]"#,
        &[("username", "user_id"), ("password", "credential")],
    ),
    row(
        "directory",
        r#"[{"type":"directory","path":"{path}","path_enc":"{path-encoding}","ctime":"{creation-time:time}","mtime":"{modification-time:time}","atime":"{access-time:time}"}]"#,
        &[
            ("path", "path"),
            ("path-encoding", "path_enc"),
            ("access-time", "atime"),
            ("creation-time", "ctime"),
            ("modification-time", "mtime"),
        ],
    ),
    account(
        "facebook-account",
        r#"[{"type":"user-account","user_id":"{account-id}","account_login":"{account-name}","account_type":"facebook"}]"#,
        "user-account:account_type = 'facebook'",
        &[("account-id", "user_id"), ("account-name", "account_login")],
    ),
    row(
        "file",
        r#"[{"type":"file","hashes":{"MD5":"{md5}","SHA-1":"{sha1}","SHA224":"{sha224}","SHA-256":"{sha256}","SHA384":"{sha384}","SHA-512":"{sha512}","SHA3224":"{sha3-224}","SHA3-256":"{sha3-256}","SHA3384":"{sha3-384}","SHA3-512":"{sha3-512}","SSDEEP":"{ssdeep}","TLSH":"{tlsh}"},"size":"{size-in-bytes:int}","name":"{filename}","name_enc":"{file-encoding}","mime_type":"{mimetype}","ctime":"{creation-time:time}","mtime":"{modification-time:time}","atime":"{access-time:time}","parent_directory_ref":"@path","content_ref":"@malware-sample|attachment"},{"@for":"path","type":"directory","path":"{.}"},{"@for":"malware-sample","type":"artifact","mime_type":"application/zip","payload_bin":"{.:data}","hashes":{"MD5":"{.:right}"},"encryption_algorithm":"mime-type-indicated","decryption_key":"infected","x_misp_filename":"{.:left}"},{"@for":"attachment","@unless":"malware-sample","type":"artifact","payload_bin":"{.:data}","x_misp_filename":"{.}"}]"#,
        &[
            ("md5", "hashes.MD5"),
            ("sha1", "hashes.'SHA-1'"),
            ("sha224", "hashes.'SHA-224'"),
            ("sha256", "hashes.'SHA-256'"),
            ("sha384", "hashes.'SHA-384'"),
            ("sha512", "hashes.'SHA-512'"),
            ("ssdeep", "hashes.SSDEEP"),
            ("authentihash", "hashes.AUTHENTIHASH"),
            ("imphash", "hashes.IMPHASH"),
            ("sha3-224", "hashes.'SHA3-224'"),
            ("sha3-256", "hashes.'SHA3-256'"),
            ("sha3-384", "hashes.'SHA3-384'"),
            ("sha3-512", "hashes.'SHA3-512'"),
            ("tlsh", "hashes.TLSH"),
            ("vhash", "hashes.VHASH"),
            ("filename", "name"),
            ("file-encoding", "name_enc"),
            ("mimetype", "mime_type"),
            ("size-in-bytes", "size"),
            ("access-time", "atime"),
            ("creation-time", "ctime"),
            ("modification-time", "mtime"),
            ("path", "parent_directory_ref.path"),
            ("malware-sample", SAMPLE),
            (
                "attachment",
                "(file:content_ref.payload_bin = '{:data}' AND file:content_ref.x_misp_filename = '{}')",
            ),
        ],
    ),
    account(
        "github-user",
        r#"[{"type":"user-account","user_id":"{id}","account_login":"{username}","account_type":"github","display_name":"{user-fullname}"}]"#,
        "user-account:account_type = 'github'",
        &[
            ("id", "user_id"),
            ("user-fullname", "display_name"),
            ("username", "account_login"),
        ],
    ),
    account(
        "gitlab-user",
        r#"[{"type":"user-account","user_id":"{id}","account_login":"{username}","account_type":"gitlab","display_name":"{name}"}]"#,
        "user-account:account_type = 'gitlab'",
        &[
            ("id", "user_id"),
            ("name", "display_name"),
            ("username", "account_login"),
        ],
    ),
    row(
        "hashlookup",
        r#"[{"type":"file","hashes":{"MD5":"{MD5}","SHA-1":"{SHA-1}","SHA-256":"{SHA-256}","SSDEEP":"{SSDEEP}","TLSH":"{TLSH}"},"size":"{FileSize:int}","name":"{FileName}"}]"#,
        &[
            ("MD5", "hashes.MD5"),
            ("SHA-1", "hashes.'SHA-1'"),
            ("SHA-256", "hashes.'SHA-256'"),
            ("SSDEEP", "hashes.SSDEEP"),
            ("TLSH", "hashes.TLSH"),
            ("FileName", "name"),
            ("FileSize", "size"),
        ],
    ),
    row(
        "image",
        r#"[{"type":"file","name":"{filename}","content_ref":"@attachment"},{"@for":"attachment","type":"artifact","mime_type":"image/{.:ending}","payload_bin":"{.:data}","x_misp_filename":"{.}","x_misp_url":"{url}"}]"#,
        &[
            ("filename", "name"),
            (
                "attachment",
                "file:content_ref.payload_bin = '{:data}' AND file:content_ref.mime_type = 'image/{:ending}' AND file:content_ref.x_misp_filename = '{}'",
            ),
            ("url", "file:content_ref.url = '{}'"),
        ],
    ),
    row(
        "lnk",
        r#"[{"type":"file","hashes":{"MD5":"{md5}","SHA-1":"{sha1}","SHA224":"{sha224}","SHA-256":"{sha256}","SHA384":"{sha384}","SHA-512":"{sha512}","SSDEEP":"{ssdeep}","TLSH":"{tlsh}"},"size":"{size-in-bytes:int}","name":"{filename}","ctime":"{lnk-creation-time:time}","mtime":"{lnk-modification-time:time}","atime":"{lnk-access-time:time}","parent_directory_ref":"@path|fullpath","content_ref":"@malware-sample"},{"@for":"path","type":"directory","path":"{.}"},{"@for":"fullpath","type":"directory","path":"{.}"},{"@for":"malware-sample","type":"artifact","mime_type":"application/zip","payload_bin":"{.:data}","hashes":{"MD5":"{.:right}"},"encryption_algorithm":"mime-type-indicated","decryption_key":"infected","x_misp_filename":"{.:left}"}]"#,
        &[
            ("lnk-access-time", "atime"),
            ("lnk-creation-time", "ctime"),
            ("lnk-modification-time", "mtime"),
            ("filename", "name"),
            ("path", "parent_directory_ref.path"),
            ("fullpath", "parent_directory_ref.path"),
            ("md5", "hashes.MD5"),
            ("sha1", "hashes.'SHA-1'"),
            ("sha224", "hashes.'SHA-224'"),
            ("sha256", "hashes.'SHA-256'"),
            ("sha384", "hashes.'SHA-384'"),
            ("sha512", "hashes.'SHA-512'"),
            ("ssdeep", "hashes.SSDEEP"),
            ("tlsh", "hashes.TLSH"),
            ("malware-sample", SAMPLE),
            ("size-in-bytes", "size"),
        ],
    ),
    row(
        "mutex",
        r#"[{"type":"mutex","name":"{name}"}]"#,
        &[("name", "name")],
    ),
    account(
        "parler-account",
        r#"[{"type":"user-account","user_id":"{account-id}","account_login":"{account-name}","account_type":"parler"}]"#,
        "user-account:account_type = 'parler'",
        &[("account-id", "user_id"), ("account-name", "account_login")],
    ),
    row(
        "process",
        r#"[{"type":"process","is_hidden":"{hidden:bool}","pid":"{pid:int}","created_time":"{creation-time:time}","cwd":"{current-directory}","command_line":"{command-line}","image_ref":"@image","parent_ref":"@parent-pid","child_refs":["@child-pid*"]},{"@for":"parent-image","type":"file","name":"{.}"},{"@for":"parent-pid","type":"process","pid":"{.:int}","command_line":"{parent-command-line}","image_ref":"@parent-image","x_misp_process_name":"{parent-process-name}"},{"@for":"child-pid","type":"process","pid":"{.:int}"},{"@for":"image","type":"file","name":"{.}"}]"#,
        &[
            ("command-line", "command_line"),
            ("creation-time", "created"),
            ("current-directory", "cwd"),
            ("hidden", "is_hidden"),
            ("pid", "pid"),
            ("image", "image_ref.name"),
            ("parent-command-line", "parent_ref.command_line"),
            ("parent-image", "parent_ref.image_ref.name"),
            ("parent-pid", "parent_ref.pid"),
            ("parent-process-name", "parent_ref.x_misp_process_name"),
            ("child-pid", "child_refs[#].pid"),
        ],
    ),
    account(
        "reddit-account",
        r#"[{"type":"user-account","user_id":"{account-id}","account_login":"{account-name}","account_type":"reddit"}]"#,
        "user-account:account_type = 'reddit'",
        &[("account-id", "user_id"), ("account-name", "account_login")],
    ),
    row(
        "registry-key",
        r#"[{"type":"windows-registry-key","key":"{key}","values":[{"name":"{name}","data":"{data}","data_type":"{data-type}"}],"modified_time":"{last-modified:time}"}]"#,
        &[
            ("key", "key"),
            ("last-modified", "modified_time"),
            ("data", "values[#].data"),
            ("data-type", "values[#].data_type"),
            ("name", "values[#].name"),
        ],
    ),
    row(
        "registry-key-value",
        r#"[{"type":"windows-registry-key","values":[{"name":"{name}","data":"{data}","data_type":"{data-type}"}]}]"#,
        &[
            ("data", "values[#].data"),
            ("data-type", "values[#].data_type"),
            ("name", "values[#].name"),
        ],
    ),
    account(
        "telegram-account",
        r#"[{"type":"user-account","user_id":"{id}","account_login":"{username}","account_type":"telegram"}]"#,
        "user-account:account_type = 'telegram'",
        &[("id", "user_id"), ("username", "account_login")],
    ),
    account(
        "twitter-account",
        r#"[{"type":"user-account","user_id":"{id}","account_login":"{name}","account_type":"twitter","display_name":"{displayed-name}"}]"#,
        "user-account:account_type = 'twitter'",
        &[
            ("displayed-name", "display_name"),
            ("id", "user_id"),
            ("name", "account_login"),
        ],
    ),
    row(
        "user-account",
        r#"[{"type":"user-account","user_id":"{user-id}","credential":"{password}","account_login":"{username}","account_type":"{account-type}","display_name":"{display-name}","can_escalate_privs":"{can_escalate_privs:bool}","is_disabled":"{disabled:bool}","is_service_account":"{is_service_account:bool}","is_privileged":"{privileged:bool}","account_created":"{created:time}","account_expires":"{expires:time}","account_first_login":"{first_login:time}","account_last_login":"{last_login:time}","credential_last_changed":"{password_last_changed:time}","extensions":{"unix-account-ext":{"gid":"{group-id:int}","groups":["{group*}"],"home_dir":"{home_dir}","shell":"{shell}"}}}]"#,
        &[
            ("account-type", "account_type"),
            ("can_escalate_privs", "can_escalate_privs"),
            ("disabled", "is_disabled"),
            ("display-name", "display_name"),
            ("is_service_account", "is_service_account"),
            ("password", "credential"),
            ("privileged", "is_privileged"),
            ("user-id", "user_id"),
            ("username", "account_login"),
            ("created", "account_created"),
            ("expires", "account_expires"),
            ("first_login", "account_first_login"),
            ("last_login", "account_last_login"),
            ("password_last_changed", "credential_last_changed"),
            ("group", "extensions.'unix-account-ext'.groups"),
            ("group-id", "extensions.'unix-account-ext'.gid"),
            ("home_dir", "extensions.'unix-account-ext'.home_dir"),
            ("shell", "extensions.'unix-account-ext'.shell"),
        ],
    ),
];
