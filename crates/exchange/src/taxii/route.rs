//! Addresses, sections 4 and 5. In: a path behind `/taxii2/` or a root, a method. Out: what is asked. Never: a redirect: with or without a slash at the end it is the same.

use super::error::TaxiiError;

/// What a path below a root means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The root itself.
    Root,
    /// `status/{id}/`
    Status(String),
    /// `collections/`
    Collections,
    /// `collections/{id or alias}/`
    Collection(String),
    /// `collections/{id}/manifest/`
    Manifest(String),
    /// `collections/{id}/objects/`
    Objects(String),
    /// `collections/{id}/objects/{object}/`
    Object(String, String),
    /// `collections/{id}/objects/{object}/versions/`
    Versions(String, String),
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`: as `GET`, without the body.
    Head,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
    /// `OPTIONS`: 204 with `Allow`.
    Options,
}

impl Route {
    /// Reads a path behind the root's own; it may begin with a slash.
    ///
    /// # Errors
    /// 404.
    pub fn parse(path: &str) -> Result<Self, TaxiiError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        let own = |part: &str| part.to_owned();
        let route = match *parts.as_slice() {
            [""] => Self::Root,
            ["status", id] => Self::Status(own(id)),
            ["collections"] => Self::Collections,
            ["collections", id] => Self::Collection(own(id)),
            ["collections", id, "manifest"] => Self::Manifest(own(id)),
            ["collections", id, "objects"] => Self::Objects(own(id)),
            ["collections", id, "objects", object] => Self::Object(own(id), own(object)),
            ["collections", id, "objects", object, "versions"] => {
                Self::Versions(own(id), own(object))
            }
            _ => return Err(TaxiiError::not_found("resource")),
        };
        if parts.len() > 1 && parts.iter().any(|part| part.is_empty() || part.len() > 300) {
            return Err(TaxiiError::not_found("resource"));
        }
        Ok(route)
    }

    /// The value of `Allow`.
    pub const fn allowed(&self) -> &'static str {
        match self {
            Self::Objects(_) => "GET, HEAD, OPTIONS, POST",
            Self::Object(..) => "DELETE, GET, HEAD, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    /// Reads a method.
    ///
    /// # Errors
    /// 405 with `Allow`.
    pub fn method(&self, name: &str) -> Result<Method, TaxiiError> {
        let method = match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" if matches!(self, Self::Objects(_)) => Method::Post,
            "DELETE" if matches!(self, Self::Object(..)) => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => return Err(TaxiiError::method(self.allowed())),
        };
        Ok(method)
    }
}
