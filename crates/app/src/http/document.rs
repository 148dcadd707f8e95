//! The OpenAPI document, made from the one list of routes.
//!
//! Nothing about a single route stands here: only what all of them share.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    route::{Answers, Needs, Route, pascal_case},
    router::resources,
    wire::{self, wire},
};
use crate::messages::Message;

const ABOUT: &str = "\
The financial core of a law practice. Every command is decided in order inside one database \
transaction and is durable before it is answered.

Amounts are exact decimals: send them as strings, or as numbers whose text is taken as it stands. \
Rows are named by id or by number wherever one is asked for. `\"\"` and `null` in a body mean absent; \
an unknown field is refused by name. What the business refuses is answered with a stable `code`, in \
Arabic and English.

`x-action` says what a route needs: `public`, `signed_in`, or what the caller's role must permit.

`/api/v1` speaks the existing dashboard's dialect of these same routes, and is described nowhere else.";

/// The document.
pub fn openapi() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let resources = resources();
    let mut paths = Map::new();
    for route in resources.iter().flat_map(|resource| &resource.routes) {
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        for (n, method) in route.methods.iter().enumerate() {
            let operation = operation(route, method, n, &mut generator);
            path[lower(method)] = operation;
        }
    }
    let refusal = generator.subschema_for::<RefusalDoc>();
    let mut schemas = generator.take_definitions(true);
    let codes = &mut schemas["Refusal"]["properties"]["code"];
    *codes =
        json!({"type": "string", "enum": refusal_codes(), "description": codes["description"]});
    let tags = resources
        .iter()
        .map(|resource| json!({"name": resource.tag, "description": resource.about}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Amanah",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": header_parameters(),
            "headers": answer_headers(),
            "responses": refusals(&Value::from(refusal)),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A JSON Web Token: HS256, EdDSA or RS256, as the server has keys for.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "accessToken",
                    "description": "The same token, from a browser of an allowed origin.",
                },
            },
        },
    })
}

/// As it is committed and printed.
pub fn openapi_text() -> String {
    format!("{:#}\n", openapi())
}

fn operation(route: &Route, method: &Method, n: usize, generator: &mut SchemaGenerator) -> Value {
    let operation = &route.operation;
    let description = operation.describe(generator);
    let is_command = description.body.is_some();
    let is_filtered = description.query.is_some();
    let mut parameters = path_parameters(&route.path);
    if let Some(query) = description.query {
        parameters.extend(query_parameters(&Value::from(query)));
    }
    let body = description.body.map(Value::from);
    let described = body.as_ref().and_then(|body| described(body, generator));
    if is_command {
        parameters.push(parameter("DryRun"));
        parameters.push(parameter("IdempotencyKey"));
        // Whoever can say in the body which version was read can say it in the head.
        if described.as_ref().is_some_and(|body| body["properties"]["__v"].is_object()) {
            parameters.push(parameter("IfMatch"));
        }
    }
    if operation.needs != Needs::Nothing {
        parameters.push(parameter("AcceptLanguage"));
    }
    let mut responses = Map::new();
    match operation.answers {
        Answers::Json(status) => {
            let schema = description.answer.map(Value::from);
            let headers = headers_of(status, is_command);
            let media_type = json!({"schema": schema});
            responses.insert(
                status.as_u16().to_string(),
                json!({
                    "description": status.canonical_reason(),
                    "headers": headers,
                    "content": {"application/json": media_type},
                }),
            );
        }
        Answers::Text(media_type) => {
            let kind = if media_type == "application/json" { "object" } else { "string" };
            let content = json!({media_type: {"schema": {"type": kind}}});
            responses.insert("200".into(), json!({"description": "OK", "content": content}));
        }
    }
    let mut refused_with = refused_with(route, is_command);
    if is_filtered {
        refused_with.insert(StatusCode::BAD_REQUEST);
    }
    for status in refused_with {
        let reference = format!("#/components/responses/{}", response_name(status));
        responses.insert(status.as_u16().to_string(), json!({"$ref": reference}));
    }
    // A second method that does the same needs an id of its own.
    let suffix = if n == 0 { String::new() } else { pascal_case(&lower(method)) };
    let mut object = json!({
        "operationId": format!("{}{suffix}", operation.id),
        "summary": operation.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": responses,
        "x-action": operation.needs.name(),
    });
    if operation.needs == Needs::Nothing {
        object["security"] = json!([]);
    } else {
        object["security"] = json!([{"bearer": []}, {"cookie": []}]);
    }
    if let Some(command) = &operation.command {
        object["x-command"] = command.name.as_str().into();
    }
    if let Some(body) = body {
        let needs = |field: &str| described.as_ref().is_some_and(|body| body.get(field).is_some());
        object["requestBody"] = json!({
            "required": needs("required") || needs("anyOf"),
            "content": {"application/json": {"schema": body}},
        });
    }
    object
}

/// What a reference to a component refers to.
fn described(reference: &Value, generator: &SchemaGenerator) -> Option<Value> {
    let name = reference["$ref"].as_str()?.rsplit('/').next()?;
    generator.definitions().get(name).cloned()
}

fn lower(method: &Method) -> String {
    method.as_str().to_ascii_lowercase()
}

fn path_parameters(path: &str) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": "By id or number.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 500},
        })
    };
    named.map(parameter).collect()
}

/// The properties of a filter, each as a parameter.
fn query_parameters(filter: &Value) -> Vec<Value> {
    let Some(properties) = filter["properties"].as_object() else { return Vec::new() };
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter = json!({"name": name, "in": "query", "schema": schema});
        if let Some(description) = description {
            parameter["description"] = description;
        }
        // Several values stand in one parameter, with commas between.
        if schema_refers_to_choices(&parameter["schema"]) {
            parameter["explode"] = false.into();
        }
        parameter
    };
    properties.iter().map(parameter).collect()
}

fn schema_refers_to_choices(schema: &Value) -> bool {
    schema["$ref"].as_str().is_some_and(|reference| reference.ends_with("Choices"))
}

fn parameter(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn header_parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Printable, yours: the outcome is kept under it in the command's own \
                            commit and answered again to the same request.",
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The version that was read, as an ETag; another one by now is 412.",
            "schema": {"type": "string", "minLength": 1, "pattern": "^(\\*|\"[0-9]{1,18}\")$"},
        },
        "AcceptLanguage": {
            "name": "Accept-Language",
            "in": "header",
            "description": "The language of `message`: `ar` if not said, or `en`.",
            "schema": {"type": "string", "examples": ["en"]},
        },
        "DryRun": {
            "name": "dryRun",
            "in": "query",
            "description": "Decides and answers, and does nothing.",
            "schema": {"enum": ["true", "false"]},
        },
    })
}

fn answer_headers() -> Value {
    json!({
        "ETag": {"description": "The version, in quotes.", "schema": {"type": "string"}},
        "Location": {"description": "Where it can be read.", "schema": {"type": "string"}},
        "DryRun": {
            "description": "`true` where nothing was done.",
            "schema": {"const": "true"},
        },
        "IdempotencyReplayed": {
            "description": "`true` where the outcome was kept from an earlier request.",
            "schema": {"const": "true"},
        },
        "RequestId": {
            "description": "Taken from the request or made; in the log and the audit record.",
            "schema": {"type": "string"},
        },
        "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer"}},
    })
}

fn headers_of(status: StatusCode, is_command: bool) -> Value {
    let header = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    let mut headers = json!({"X-Request-Id": header("RequestId")});
    if is_command {
        headers["ETag"] = header("ETag");
        headers["Dry-Run"] = header("DryRun");
        headers["Idempotency-Replayed"] = header("IdempotencyReplayed");
    }
    if status == StatusCode::CREATED {
        headers["Location"] = header("Location");
    }
    headers
}

/// How a route may refuse.
fn refused_with(route: &Route, is_command: bool) -> BTreeSet<StatusCode> {
    let operation = &route.operation;
    let mut statuses = BTreeSet::from([StatusCode::INTERNAL_SERVER_ERROR]);
    statuses.insert(StatusCode::SERVICE_UNAVAILABLE);
    if operation.needs != Needs::Nothing {
        statuses.extend([StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
        statuses.insert(StatusCode::TOO_MANY_REQUESTS);
    }
    if route.path.contains('{') || is_command {
        statuses.insert(StatusCode::NOT_FOUND);
    }
    if is_command {
        statuses.extend([
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::CONFLICT,
            StatusCode::PRECONDITION_FAILED,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::GATEWAY_TIMEOUT,
        ]);
    }
    statuses
}

const REFUSALS: [(StatusCode, &str); 14] = [
    (StatusCode::BAD_REQUEST, "Malformed, or a rule of the business: `code` says which."),
    (StatusCode::UNAUTHORIZED, "No token, or not a valid one."),
    (StatusCode::FORBIDDEN, "The role does not permit it, or the caller has left the firm."),
    (StatusCode::NOT_FOUND, "There is none such in this firm."),
    (StatusCode::REQUEST_TIMEOUT, "The body took too long."),
    (StatusCode::CONFLICT, "The `__v` in the body is not the version that stands."),
    (StatusCode::PRECONDITION_FAILED, "`If-Match` is not the version that stands."),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not `application/json`."),
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for another request, or its answer was erased.",
    ),
    (StatusCode::TOO_MANY_REQUESTS, "More requests than one user may send. Nothing was done."),
    (StatusCode::INTERNAL_SERVER_ERROR, "A defect of ours. Nothing was done."),
    (StatusCode::SERVICE_UNAVAILABLE, "Overloaded, or the store is away. Nothing was done."),
    (StatusCode::GATEWAY_TIMEOUT, "The outcome is not known: ask again with the same key."),
];

fn response_name(status: StatusCode) -> String {
    pascal_case(&status.canonical_reason().unwrap_or_default().replace(' ', "_"))
}

fn refusals(schema: &Value) -> Value {
    let mut responses = Map::new();
    for (status, what) in REFUSALS {
        let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
        if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
            headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"});
        }
        let content = json!({"application/json": {"schema": schema}});
        let response = json!({"description": what, "headers": headers, "content": content});
        responses.insert(response_name(status), response);
    }
    responses.into()
}

/// Every code that a refusal can carry: whatever can be said and is no success.
fn refusal_codes() -> BTreeSet<&'static str> {
    let resources = resources();
    let routes = resources.iter().flat_map(|resource| &resource.routes);
    let told = routes.filter_map(|route| Some(route.operation.command.as_ref()?.telling.message));
    let successes: BTreeSet<&str> = told.map(Message::id).collect();
    let codes = Message::ALL.iter().map(|message| message.id());
    // Sentences that say one code in the words of what was asked.
    let codes = codes.map(|code| match code {
        _ if code.ends_with("_fields_required") => "fields_required",
        "retainer_forbidden" | "invoice_forbidden" => "forbidden",
        "payment_settled_delete" => "payment_settled",
        "refund_not_completed" => "payment_not_completed",
        "some_payments_not_deletable" => "not_deletable",
        "payment_ids_required" => "ids_required",
        code => code,
    });
    codes.filter(|code| !successes.contains(code)).collect()
}

wire! {
    /// Why a request was not carried out.
    RefusalDoc {
        success: bool,
        error: bool,
        /// Stable, never reused.
        code: String,
        /// In the language asked for.
        message: String,
        messageAr: String,
        messageEn: String,
        /// The version that stands, where another one was expected.
        currentVersion ? wire::Number,
        /// What is wrong with which field; left out when there is nothing to say.
        errors ? Vec<FieldErrorDoc>,
        requestId: String,
    }

    /// What is wrong with one field.
    FieldErrorDoc {
        /// Its path in the body or its name in the query.
        field: String,
        code: String,
        message: String,
    }
}

#[cfg(test)]
mod tests {
    use domain::Command;

    use super::*;
    use crate::{http::extract::Of, messages::Lang};

    /// Every command of the domain can be sent, and the example of each body makes one.
    #[test]
    fn every_command_has_a_route_and_an_example() {
        let document = openapi();
        let mut sent = BTreeSet::new();
        for route in resources().iter().flat_map(|resource| &resource.routes) {
            let Some(command) = &route.operation.command else { continue };
            let method = lower(&route.methods[0]);
            let body = &document["paths"][&route.path][method]["requestBody"]["content"];
            let reference = body["application/json"]["schema"]["$ref"].as_str().unwrap();
            let schema = document.pointer(&reference[1..]).unwrap();
            let no_example = json!({});
            let is_empty = schema["properties"].as_object().is_none_or(Map::is_empty);
            let example = if is_empty { &no_example } else { &schema["examples"][0] };
            let of = Of::named([Some("64f1a2b3c4d5e6f708192a3b"); 2]);
            let made = (command.make)(&of, &example.to_string());
            let made = made.unwrap_or_else(|refusal| {
                let body = refusal.body(Lang::En, "r");
                panic!("{}: {}", route.path, String::from_utf8_lossy(&body))
            });
            sent.insert(made.name());
            let takes_version = schema["properties"]["__v"].is_object();
            assert_eq!(of.is_heeded(), takes_version, "{}: `__v` without effect", route.path);
        }
        // What only the server's own jobs send.
        sent.extend(["claim_delivery", "settle_delivery"]);
        sent.extend(["raise_alert", "park_account", "warn_of_expiry"]);
        let all: BTreeSet<_> = Command::NAMES.iter().copied().collect();
        assert_eq!(sent, all, "a command that nobody can send");
    }

    #[test]
    fn a_name_stands_once() {
        let document = openapi();
        let operations = document["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|path| path.as_object().unwrap().values());
        let mut ids = BTreeSet::new();
        for operation in operations {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{operation}");
        }
        // Two descriptions of one name are told apart by a digit; nobody would know which is which.
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            let is_numbered = name.ends_with(|last: char| last.is_ascii_digit());
            assert!(!is_numbered || name.starts_with("Text"), "{name} is described twice");
        }
    }
}
