//! Relations of the objects that the mapping knows. In: names. Out: the type of a relation, its category of objects, the relation behind the name of a custom property.
//! Never: a relation of an object that is not in the list.
//!
//! Facts of MISP's object templates as `PyMISP` 2.5 ships them; a relation whose type has its own name stands alone.

/// Object, its category, its relations with their types.
const OBJECTS: &[(&str, &str, &str)] = &[
    (
        "android-app",
        "file",
        "appid:text certificate:sha1 certificate-sha256:sha256 domain name:text sha256",
    ),
    (
        "annotation",
        "misc",
        "attachment creation-date:datetime format:text modification-date:datetime ref:link text type:text",
    ),
    (
        "artifact",
        "file",
        "decryption_key:text encryption_algorithm:text md5 mime_type:mime-type payload_bin:attachment sha1 sha256 sha3-256 sha3-512 sha512 ssdeep tlsh url",
    ),
    (
        "asn",
        "network",
        "asn:AS country:text description:text export:text first-seen:datetime import:text last-seen:datetime mp-export:text mp-import:text name:text organization:text subnet-announced:ip-src",
    ),
    (
        "attack-pattern",
        "vulnerability",
        "id:text name:text prerequisites:text references:link related-weakness:weakness solutions:text summary:text",
    ),
    (
        "course-of-action",
        "misc",
        "cost:text description:text efficacy:text impact:text name:text objective:text stage:text type:text",
    ),
    (
        "cpe-asset",
        "misc",
        "cpe description:text edition:text language:text other:text part:text product:text sw_edition:text target_hw:text target_sw:text update:text vendor:text version:text",
    ),
    (
        "credential",
        "misc",
        "format:text notification:text origin:text password:text text type:text use-at:link username:text",
    ),
    (
        "directory",
        "file",
        "access-time:datetime creation-time:datetime modification-time:datetime path:text path-encoding:text",
    ),
    (
        "domain-ip",
        "network",
        "domain first-seen:datetime hostname ip:ip-dst last-seen:datetime port registration-date:datetime text",
    ),
    (
        "email",
        "network",
        "attachment:email-attachment bcc:email-dst bcc-display-name:email-dst-display-name cc:email-dst cc-display-name:email-dst-display-name email-body email-body-attachment:attachment eml:attachment from:email-src from-display-name:email-src-display-name from-domain:domain header:email-header ip-src message-id:email-message-id mime-boundary:email-mime-boundary msg:attachment received-header-hostname:hostname received-header-ip:ip-src reply-to:email-reply-to reply-to-display-name:email-dst-display-name return-path:email-src screenshot:attachment send-date:datetime subject:email-subject thread-index:email-thread-index to:email-dst to-display-name:email-dst-display-name user-agent:text x-mailer:email-x-mailer",
    ),
    (
        "employee",
        "misc",
        "business-unit:target-org email-address:target-email employee-type:text first-name full-name last-name primary-asset:target-machine text userid:target-user",
    ),
    (
        "facebook-account",
        "misc",
        "account-id:text account-name:text archive:link attachment description:text link url user-avatar:attachment",
    ),
    (
        "file",
        "file",
        "access-time:datetime attachment authentihash certificate:x509-fingerprint-sha1 compilation-timestamp:datetime creation-time:datetime dom-hash entropy:float file-encoding:text filename fullpath:text imphash magic:text malware-sample md5 mimetype:mime-type modification-time:datetime path:text pattern-in-file sha1 sha224 sha256 sha3-224 sha3-256 sha3-384 sha3-512 sha384 sha512 sha512/224 sha512/256 size-in-bytes ssdeep state:text telfhash text tlsh vhash",
    ),
    (
        "geolocation",
        "misc",
        "accuracy-radius:float address:text altitude:float city:text country:text countrycode:text epsg:text first-seen:datetime last-seen:datetime latitude:float longitude:float neighborhood:text region:text spacial-reference:text text zipcode:text",
    ),
    (
        "github-user",
        "misc",
        "avatar_url:link bio:text blog:text company:text follower:github-username following:github-username id:text link location:text node_id:text organisation:github-organisation profile-image:attachment public_gists:text public_repos:text repository:github-repository ssh-public-key:text twitter_username:text user-fullname:text username:github-username verified:text",
    ),
    (
        "gitlab-user",
        "misc",
        "avatar_url:link id:text name:text state:text username:text web_url:link",
    ),
    (
        "hashlookup",
        "file",
        "FileName:filename FileSize:size-in-bytes KnownMalicious:text MD5:md5 PackageArch:text PackageDescription:text PackageMaintainer:text PackageName:text PackageRelease:text PackageVersion:text SHA-1:sha1 SHA-256:sha256 SSDEEP:ssdeep TLSH:tlsh source:text",
    ),
    (
        "http-request",
        "network",
        "basicauth-password:text basicauth-user:text content-type:other cookie:text header:text host:hostname ip-dst ip-src method:http-method proxy-password:text proxy-user:text referer:other text uri url user-agent",
    ),
    (
        "identity",
        "misc",
        "contact_information:text description:text identity_class:text name:text roles:text sectors:text",
    ),
    (
        "image",
        "file",
        "archive:link attachment filename image-text:text link url username:text",
    ),
    (
        "intrusion-set",
        "misc",
        "aliases:text description:text first_seen:datetime goals:text last_seen:datetime name:text primary-motivation:text resource_level:text secondary-motivation:text",
    ),
    (
        "ip-port",
        "network",
        "AS country-code:text domain dst-port:port first-seen:datetime hostname ip:ip-dst ip-dst ip-src last-seen:datetime protocol:text ptr-record:domain src-port:port text",
    ),
    (
        "legal-entity",
        "misc",
        "business:text commercial-name:text legal-form:text logo:attachment name:text phone-number registration-number:text text website:link",
    ),
    (
        "lnk",
        "file",
        "birth-droid-file-identifier:text birth-droid-volume-identifier:text droid-file-identifier:text droid-volume-identifier:text entropy:float filename fullpath:text lnk-access-time:datetime lnk-command-line-arguments:text lnk-creation-time:datetime lnk-description:text lnk-drive-serial-number:text lnk-drive-type:text lnk-file-attribute-flags:text lnk-file-size:size-in-bytes lnk-hot-key-value:text lnk-icon-index:text lnk-local-path:text lnk-mft-object:text lnk-modification-time:datetime lnk-propertystore-sid:text lnk-relative-path:text lnk-show-window-value:text lnk-volume-label:text lnk-working-directory:text machine-identifier:text malware-sample md5 path:text pattern-in-file sha1 sha224 sha256 sha384 sha512 sha512/224 sha512/256 size-in-bytes ssdeep state:text text tlsh",
    ),
    (
        "malware",
        "misc",
        "alias:text architecture_execution_env:text capability:text description:text first_seen:datetime implementation_language:text is_family:boolean last_seen:datetime malware_type:text name:text",
    ),
    (
        "malware-analysis",
        "misc",
        "analysis_definition_version:text analysis_engine_version:text configuration_version:text end_time:datetime module:text product:text result:text result_name:text start_time:datetime submitted_time:datetime version:text",
    ),
    (
        "mutex",
        "misc",
        "description:text name:text operating-system:text",
    ),
    (
        "netflow",
        "network",
        "byte-count:size-in-bytes community-id direction:text dst-as:AS dst-port:port first-packet-seen:datetime flow-count:counter icmp-type:text ip-dst ip-protocol-number:integer ip-src ip_version:integer last-packet-seen:datetime packet-count:counter protocol:text src-as:AS src-port:port tcp-flags:text",
    ),
    (
        "network-connection",
        "network",
        "community-id count:counter dst-bytes-count:size-in-bytes dst-packets-count:counter dst-port:port first-packet-seen:datetime hostname-dst:hostname hostname-src:hostname ip-dst ip-src last-packet-seen:datetime layer3-protocol:text layer4-protocol:text layer7-protocol:text mac-dst:mac-address mac-src:mac-address src-bytes-count:size-in-bytes src-packets-count:counter src-port:port",
    ),
    (
        "network-socket",
        "network",
        "address-family:text domain-family:text dst-bytes-count:size-in-bytes dst-packets-count:counter dst-port:port filename first-packet-seen:datetime hostname-dst:hostname hostname-src:hostname ip-dst ip-src last-packet-seen:datetime mac-dst:mac-address mac-src:mac-address option:text protocol:text socket-type:text src-bytes-count:size-in-bytes src-packets-count:counter src-port:port state:text",
    ),
    // Relations as misp-stix names them; the template has `dst_bytes_count` for `dst_byte_count`.
    (
        "network-traffic",
        "network",
        "dst_byte_count:size-in-bytes dst_hostname:hostname dst_ip:ip-dst dst_mac:mac-address dst_packets:counter dst_port:port end_time:datetime is_active:boolean protocol:text src_byte_count:size-in-bytes src_hostname:hostname src_ip:ip-src src_mac:mac-address src_packets:counter src_port:port start_time:datetime",
    ),
    (
        "news-agency",
        "misc",
        "address:text alias:text archive:link attachment e-mail:email-src fax-number:phone-number link name:text phone-number url",
    ),
    (
        "nova-rule",
        "detection",
        "author:text category:text condition:text description:text file:filename keyword:text keyword-id:text llm-check:text llm-threshold:float raw-rule:text reference:link rule-name:text semantic-pattern:text semantic-threshold:float severity:text",
    ),
    (
        "organization",
        "misc",
        "VAT:text address:text alias:text contact_information:text date-of-inception:datetime description:text e-mail:email-src fax-number:phone-number misp-uuid:text name:text phone-number registration-number:text role:text sector:text type-of-organization:text",
    ),
    (
        "owasp-crs-rule",
        "network",
        "action:text category:text crs-version:text file:filename message:text operator:text paranoia-level:text phase:text raw-rule:text reference:link rule-id:text severity:text tag:text target:text",
    ),
    (
        "parler-account",
        "misc",
        "account-id:text account-name:text archive:link attachment badge:float bio:text comments:text cover-photo:attachment followers:text following:text human:boolean interactions:float likes:text link posts:text profile-photo:attachment score:text url verified:boolean",
    ),
    (
        "pe",
        "file",
        "authentihash characteristics:text characteristics-hex:hex company-name:text compilation-timestamp:datetime entrypoint-address:text entrypoint-section-at-position:text file-description:text file-version:text impfuzzy imphash internal-filename:filename lang-id:text legal-copyright:text machine-type:text machine-type-hex:hex number-of-symbols:counter number-sections:counter original-filename:filename pdb pehash pointer-to-symbol-table:hex product-name:text product-version:text richpe:md5 size-of-optional-header:size-in-bytes text type:text",
    ),
    (
        "pe-section",
        "file",
        "characteristic:text entropy:float md5 name:text offset:hex sha1 sha224 sha256 sha384 sha512 sha512/224 sha512/256 size-in-bytes ssdeep text virtual_address:hex virtual_size:size-in-bytes",
    ),
    (
        "person",
        "misc",
        "address:text alias:text birth-certificate-number:text date-of-birth dni:text e-mail:email-src fax-number:phone-number first-name full-name function:text gender handle:text identity-card-number instant-messaging-used:text ip-src last-name middle-name mothers-name:text nationality nic-hdl:text nie:text nif:text occupation:text ofac-identification-number:text passport-country passport-creation:datetime passport-expiration passport-number phone-number place-of-birth portrait:attachment redress-number role:text social-security-number:text text title:text",
    ),
    (
        "process",
        "misc",
        "args:text child-pid:text command-line:text creation-time:datetime current-directory:text environment-variables:text fake-process-name:boolean guid:text hidden:boolean image:filename integrity-level:text name:text parent-command-line:text parent-guid:text parent-image:filename parent-pid:text parent-process-name:text parent-process-path:text pgid:text pid:text port process-state start-time:datetime user-creator:text user-process:text",
    ),
    (
        "reddit-account",
        "misc",
        "account-avatar:attachment account-avatar-url:url account-id:text account-name:text archive:link attachment description:text link moderator-of:text trophies:text url",
    ),
    (
        "registry-key",
        "file",
        "data:text data-type:text hive:text key:regkey last-modified:datetime name:text root-keys:text",
    ),
    (
        "registry-key-value",
        "file",
        "data:text data-type:text name:text",
    ),
    (
        "script",
        "misc",
        "comment:text filename language:text script:text script-as-attachment:attachment state:text",
    ),
    (
        "sigma",
        "misc",
        "comment context:text reference:link sigma sigma-rule-name:text",
    ),
    (
        "software",
        "misc",
        "cpe language:text name:text swid:text vendor:text version:text",
    ),
    (
        "stix2-pattern",
        "misc",
        "comment stix2-pattern version:text",
    ),
    (
        "suricata",
        "network",
        "comment ref:link suricata version:text",
    ),
    (
        "telegram-account",
        "misc",
        "first_name:text id:text last_name:text phone:text username:text verified:text",
    ),
    (
        "twitter-account",
        "misc",
        "archive:link attachment bio:text description:text displayed-name:text embedded-link:url embedded-safe-link:link followers:text following:text hashtag:text id:text joined-date:datetime likes:text link listed:text location:text media:text name:text private:text profile-banner:attachment profile-banner-url:url profile-image:attachment profile-image-url:url tweets:text twitter-followers:text twitter-following:text url verified:text",
    ),
    (
        "url",
        "network",
        "credential:text dom-hash domain domain_without_tld:text first-seen:datetime fragment:text host:hostname ip:ip-dst last-seen:datetime port query_string:text resource_path:text scheme:text subdomain:text text tld:text url",
    ),
    (
        "user-account",
        "misc",
        "account-type:text can_escalate_privs:boolean created:datetime description:text disabled:boolean display-name:text email expires:datetime first_login:datetime group:text group-id:text home_dir:text is_service_account:boolean last_login:datetime link password:text password_last_changed:datetime privileged:boolean shell:text user-avatar:attachment user-id:text username:text",
    ),
    (
        "vulnerability",
        "vulnerability",
        "created:datetime credit:text cvss-score:float cvss-string:text description:text id:vulnerability impact:text modified:datetime payload:text published:datetime references:link state:text summary:text vulnerable-configuration:cpe",
    ),
    (
        "wazuh-rule",
        "misc",
        "comment decoded_as:text description:text field:text frequency:text group:text if_group:text if_level:text if_matched_group:text if_matched_sid:text if_sid:text ignore:text level:text match:text mitre-id:text noalert:text options:text reference:link rule-id:text timeframe:text version:text wazuh-rule:text",
    ),
    (
        "x509",
        "network",
        "dns_names:hostname email:email-dst extended_key_usage:text ip:ip-dst is_ca:boolean is_self_signed:boolean issuer:text issuer-common-name:text issuer-country:text issuer-distinguished-name-qualifier:text issuer-generation-qualifier:text issuer-given-name:text issuer-initials:text issuer-key-id:text issuer-locality:text issuer-organization:text issuer-organizational-unit:text issuer-pseudonym:text issuer-serial-number:text issuer-state-or-province-name:text issuer-surname:text issuer-title:text issuing_certificate:uri key_usage:text ocsp_server:uri pem:text pubkey-info-algorithm:text pubkey-info-exponent:text pubkey-info-modulus:text pubkey-info-size:text raw-base64:text rid:text self_signed:boolean serial-number:text signature_algorithm:text subject:text subject-common-name:text subject-country:text subject-distinguished-name-qualifier:text subject-generation-qualifier:text subject-given-name:text subject-initials:text subject-key-id:text subject-locality:text subject-organization:text subject-organizational-unit:text subject-pseudonym:text subject-serial-number:text subject-state-or-province-name:text subject-surname:text subject-title:text text uri validity-not-after:datetime validity-not-before:datetime version:text x509-fingerprint-md5 x509-fingerprint-sha1 x509-fingerprint-sha256",
    ),
    (
        "yara",
        "misc",
        "comment context:text false-positive:boolean md5 reference:link sha1 sha256 sha512 ssdeep tlsh version:text yara yara-rule-name:text",
    ),
];

/// The type of a relation of an object.
pub(super) fn kind_of(object: &str, relation: &str) -> Option<&'static str> {
    relations(object).find_map(|(name, kind)| (name == relation).then_some(kind))
}

/// The relation whose custom property has this name, without the prefix.
pub(super) fn unfold(object: &str, folded: &str) -> Option<&'static str> {
    relations(object).find_map(|(name, _)| (fold(name) == folded).then_some(name))
}

/// The category of an object's template.
pub(super) fn meta_category(object: &str) -> Option<&'static str> {
    row(object).map(|row| row.1)
}

/// The name of a custom property (STIX 2.1 section 11.1): small letters, digits, underscores.
pub(super) fn fold(relation: &str) -> String {
    let keep = |c: char| {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            c
        } else {
            '_'
        }
    };
    relation.to_ascii_lowercase().chars().map(keep).collect()
}

fn relations(object: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = row(object).map_or("", |row| row.2);
    text.split(' ')
        .map(|item| item.split_once(':').unwrap_or((item, item)))
}

fn row(object: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    OBJECTS.iter().find(|row| row.0 == object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_comes_back_from_the_name_of_its_property() {
        for (object, _, _) in OBJECTS {
            for (relation, _) in relations(object) {
                let back = unfold(object, &fold(relation));
                assert_eq!(back, Some(relation), "{object}");
            }
        }
        assert_eq!(kind_of("domain-ip", "ip"), Some("ip-dst"));
        assert_eq!(unfold("url", "nothing"), None);
    }
}
