//! The one list: what can be asked, by whom, how it is described, who answers.
//!
//! The router, the OpenAPI document and the bulk commands are made from it. **A handler without a
//! description can't be mounted**, and what a body may hold is described by the struct that reads it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    routing::{MethodFilter, MethodRouter, on},
};
use domain::{Command, Id, actor::Action, command::Decide, rows::Firm};
use hyper::{Method, StatusCode, header};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    answer::{Answer, Telling},
    body,
    error::Refusal,
    extract::{Ask, Caller, Of},
    read::{AtLeast, Entity, NoFilter, One, Part, Question, Told},
    wire,
};
use crate::App;

/// One method of one path.
#[derive(Clone)]
pub(crate) struct Route {
    pub methods: Vec<Method>,
    pub path: String,
    pub tag: &'static str,
    pub operation: Operation,
}

/// The routes of one resource.
pub(crate) struct Resource {
    pub tag: &'static str,
    pub about: &'static str,
    pub routes: Vec<Route>,
}

impl Resource {
    pub fn new(tag: &'static str, about: &'static str) -> Self {
        Self { tag, about, routes: Vec::new() }
    }

    pub fn get(self, path: &str, operation: Operation) -> Self {
        self.on(&[Method::GET], path, operation)
    }

    pub fn post(self, path: &str, operation: Operation) -> Self {
        self.on(&[Method::POST], path, operation)
    }

    pub fn put(self, path: &str, operation: Operation) -> Self {
        self.on(&[Method::PUT], path, operation)
    }

    /// Any method; several do the same.
    pub fn on(mut self, methods: &[Method], path: &str, operation: Operation) -> Self {
        let (methods, path) = (methods.to_vec(), path.to_owned());
        self.routes.push(Route { methods, path, tag: self.tag, operation });
        self
    }

    /// About the rows of one firm, whoever asks: there the role of the token counts, and whoever has
    /// left their own firm is refused.
    pub fn of_firm(mut self, firm: Id<Firm>) -> Self {
        for route in &mut self.routes {
            route.operation.setting.place = Some(firm);
        }
        self
    }

    /// Under a prefix.
    pub fn nested(mut self, prefix: &str) -> Self {
        for route in &mut self.routes {
            let inner = if route.path == "/" { "" } else { &route.path };
            route.path = format!("{prefix}{inner}");
        }
        self
    }
}

/// What is done at a route.
#[derive(Clone)]
pub(crate) struct Operation {
    /// Unique in the document, in camelCase.
    pub id: String,
    pub summary: &'static str,
    pub needs: Needs,
    pub answers: Answers,
    describe: Arc<dyn Fn(&mut SchemaGenerator) -> Description + Send + Sync>,
    mount: Arc<Mount>,
    pub setting: Setting,
    pub command: Option<AsCommand>,
}

/// Makes the handler, for some methods.
type Mount = dyn Fn(MethodFilter, Setting) -> MethodRouter<Arc<App>> + Send + Sync;

/// Where what is asked about stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting {
    pub place: Place,
    pub freshness: Freshness,
}

/// Whose rows it is about: one firm's, whoever asks, or `None`, those of the caller's firm.
pub(crate) type Place = Option<Id<Firm>>;

/// How new what is shown must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Everything that was committed before it was asked.
    #[default]
    Latest,
    /// What a database that follows the primary has got, but no less than the caller names.
    MayLag,
}

/// What a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Anybody.
    Nothing,
    /// Whoever has a token.
    Token,
    /// A member whose role permits it.
    Permission(Action),
}

/// What an answer that is no refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Json(StatusCode),
    Text(&'static str),
}

/// Shapes for the document.
pub(crate) struct Description {
    /// An object whose properties are the parameters.
    pub query: Option<Schema>,
    pub body: Option<Schema>,
    /// The whole body of an answer.
    pub answer: Option<Schema>,
}

/// How to make the command without a request of its own.
#[derive(Clone)]
pub(crate) struct AsCommand {
    /// Its name among all that can be sent in bulk: the operation's, in snake_case.
    pub name: String,
    pub telling: Telling,
    pub make: Arc<Make>,
}

/// From the rows named and the text of a body, which is known not to be nested too deep, to a command.
type Make = dyn Fn(&Of, &str) -> Result<Command, Refusal> + Send + Sync;

impl Operation {
    pub fn describe(&self, generator: &mut SchemaGenerator) -> Description {
        (self.describe)(generator)
    }

    /// Who answers.
    pub fn router(&self, methods: &[Method]) -> MethodRouter<Arc<App>> {
        let filters = methods.iter().map(|method| {
            MethodFilter::try_from(method.clone()).expect("axum can filter by the methods in use")
        });
        let filter = filters.reduce(MethodFilter::or).expect("a route has a method");
        (self.mount)(filter, self.setting)
    }

    /// A report: it may be read from a database that lags behind, where there is one.
    pub fn may_lag(mut self) -> Self {
        let describe = self.describe;
        self.describe = Arc::new(move |generator| {
            let mut description = describe(generator);
            let mut query = wire::ObjectDoc::new(&[]);
            description.query.into_iter().for_each(|filter| query.fields_of(filter));
            query.fields_of(AtLeast::json_schema(generator));
            description.query = Some(query.finish());
            description
        });
        self.setting.freshness = Freshness::MayLag;
        self
    }

    /// The same, where the handler itself asks for what the caller's role permits.
    pub fn needing(self, action: Action) -> Self {
        Self { needs: Needs::Permission(action), ..self }
    }

    /// The same under another name, for a path that is an alias.
    pub fn named(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }
}

/// A command: the body and the row named in the path become one, its outcome is told.
pub(crate) fn command<B, C>(
    summary: &'static str,
    make: fn(&Of, B) -> Result<C, Refusal>,
    telling: Telling,
) -> Operation
where
    B: DeserializeOwned + JsonSchema + Default + Send + 'static,
    C: Decide + Into<Command> + Send + 'static,
{
    command_as(&camel_case(C::NAME), summary, make, telling)
}

/// As [`command`], for a command that another route sends with another body.
pub(crate) fn command_as<B, C>(
    id: &str,
    summary: &'static str,
    make: fn(&Of, B) -> Result<C, Refusal>,
    telling: Telling,
) -> Operation
where
    B: DeserializeOwned + JsonSchema + Default + Send + 'static,
    C: Decide + Into<Command> + Send + 'static,
{
    let body_name = format!("{}Body", capitalised(id));
    let handler = move |mut ask: Ask<B>, place| async move {
        ask.sent.caller.enter(place).await?;
        let command = make(&ask.sent.of, std::mem::take(&mut ask.body))?;
        ask.sent.of.all_heeded()?;
        ask.carry_out(command, telling).await
    };
    Operation {
        id: id.to_owned(),
        summary,
        needs: Needs::Permission(C::ACTION),
        answers: Answers::Json(telling.status),
        describe: Arc::new(move |generator| {
            let body = wire::required_is_there(B::json_schema(generator));
            let reference = format!("#/components/schemas/{body_name}");
            generator.definitions_mut().insert(body_name.clone(), body.into());
            let answer = wire::success(wire::outcome((telling.doc)(generator), generator));
            Description {
                query: None,
                body: Some(Schema::new_ref(reference)),
                answer: Some(answer),
            }
        }),
        mount: Arc::new(move |filter, Setting { place, .. }| {
            on(filter, move |ask| handler(ask, place))
        }),
        setting: Setting::default(),
        command: Some(AsCommand {
            name: snake_case(id),
            telling,
            make: Arc::new(move |of, text| make(of, body::read_shallow(text)?).map(Into::into)),
        }),
    }
}

/// A body that may only be empty.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyBody {}

/// A read of whoever may: an [`Action`], or [`Needs::Nothing`]. The filter's fields are its parameters.
pub(crate) fn read<F, T, Fut>(
    id: &str,
    summary: &'static str,
    needs: impl Into<Needs>,
    handler: fn(Question<F>) -> Fut,
) -> Operation
where
    F: DeserializeOwned + JsonSchema + Send + 'static,
    T: Told + 'static,
    Fut: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let needs = needs.into();
    let answer = move |app: Arc<App>, request: Request, setting| async move {
        let (mut parts, _) = request.into_parts();
        let question = Question::of_request(&mut parts, &app, needs, setting).await?;
        told(question, handler).await
    };
    let mount =
        move |filter, setting| on(filter, move |State(app), request| answer(app, request, setting));
    reading::<T>(id, summary, needs, Some(F::json_schema), mount)
}

/// A part of a list; as [`read`], with the parameters that choose the part.
pub(crate) fn list<F, T, Fut>(
    id: &str,
    summary: &'static str,
    needs: impl Into<Needs>,
    handler: fn(Question<F>) -> Fut,
) -> Operation
where
    F: DeserializeOwned + JsonSchema + Send + 'static,
    T: Told + 'static,
    Fut: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let needs = needs.into();
    let answer = move |app: Arc<App>, request: Request, setting| async move {
        let (mut parts, _) = request.into_parts();
        let question = Question::of_list_request(&mut parts, &app, needs, setting).await?;
        handler(question).await.map(Told::answer)
    };
    let query = |generator: &mut SchemaGenerator| {
        let mut object = wire::ObjectDoc::new(&[]);
        object.fields_of(F::json_schema(generator));
        object.fields_of(Part::json_schema(generator));
        object.finish()
    };
    let mount =
        move |filter, place| on(filter, move |State(app), request| answer(app, request, place));
    reading::<T>(id, summary, needs, Some(query), mount)
}

/// What the handler answers; a report says how new it is.
async fn told<F, T: Told, Fut: Future<Output = Result<T, Refusal>>>(
    question: Question<F>,
    handler: fn(Question<F>) -> Fut,
) -> Result<Answer, Refusal> {
    let seq = question.seq;
    let answer = handler(question).await?.answer();
    Ok(match seq {
        Some(seq) => answer.dated(seq),
        None => answer,
    })
}

/// The row named in the path.
pub(crate) fn one<E: Entity + 'static>(id: &str, summary: &'static str) -> Operation {
    read(id, summary, E::READ, |question: Question<NoFilter>| async move {
        let row: E = question.row().await?;
        Ok(One { row, today: question.today })
    })
}

/// A read of whoever may, that answers with a file.
pub(crate) fn file<F, Fut>(
    id: &str,
    summary: &'static str,
    needs: impl Into<Needs>,
    media_type: &'static str,
    handler: fn(Question<F>) -> Fut,
) -> Operation
where
    F: DeserializeOwned + JsonSchema + Send + 'static,
    Fut: Future<Output = Result<Body, Refusal>> + Send + 'static,
{
    let needs = needs.into();
    let answer = move |app: Arc<App>, request: Request, setting| async move {
        let (mut parts, _) = request.into_parts();
        let question = Question::of_request(&mut parts, &app, needs, setting).await?;
        let body = handler(question).await?;
        Ok::<_, Refusal>(([(header::CONTENT_TYPE, media_type)], body))
    };
    Operation {
        id: id.to_owned(),
        summary,
        needs,
        answers: Answers::Text(media_type),
        describe: Arc::new(|generator| Description {
            query: Some(F::json_schema(generator)),
            body: None,
            answer: None,
        }),
        mount: Arc::new(move |filter, setting| {
            on(filter, move |State(app), request| answer(app, request, setting))
        }),
        setting: Setting::default(),
        command: None,
    }
}

/// A read of whoever has a token.
pub(crate) fn signed_in<T, Fut>(
    id: &str,
    summary: &'static str,
    handler: fn(Caller, Of) -> Fut,
) -> Operation
where
    T: Told + 'static,
    Fut: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let answer = move |State(app): State<Arc<App>>, request: Request| async move {
        let (mut parts, _) = request.into_parts();
        let of = Of::path(&mut parts).await?;
        let caller = Caller::of_request(&parts, &app)?;
        handler(caller, of).await.map(Told::answer)
    };
    reading::<T>(id, summary, Needs::Token, None, move |filter, _| on(filter, answer))
}

/// A read of anybody.
pub(crate) fn public<T, Fut>(
    id: &str,
    summary: &'static str,
    handler: fn(Arc<App>) -> Fut,
) -> Operation
where
    T: Told + 'static,
    Fut: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let answer =
        move |State(app): State<Arc<App>>| async move { handler(app).await.map(Told::answer) };
    reading::<T>(id, summary, Needs::Nothing, None, move |filter, _| on(filter, answer))
}

/// A request that is like no other, of whoever has a token.
pub(crate) fn whole(
    id: &str,
    summary: &'static str,
    describe: fn(&mut SchemaGenerator) -> Description,
    mount: impl Fn(MethodFilter) -> MethodRouter<Arc<App>> + Send + Sync + 'static,
) -> Operation {
    Operation {
        id: id.to_owned(),
        summary,
        needs: Needs::Token,
        answers: Answers::Json(StatusCode::OK),
        describe: Arc::new(describe),
        mount: Arc::new(move |filter, _| mount(filter)),
        setting: Setting::default(),
        command: None,
    }
}

/// A read of anybody that is no JSON.
pub(crate) fn text(
    id: &str,
    summary: &'static str,
    media_type: &'static str,
    mount: impl Fn(MethodFilter) -> MethodRouter<Arc<App>> + Send + Sync + 'static,
) -> Operation {
    Operation {
        id: id.to_owned(),
        summary,
        needs: Needs::Nothing,
        answers: Answers::Text(media_type),
        describe: Arc::new(|_| Description { query: None, body: None, answer: None }),
        mount: Arc::new(move |filter, _| mount(filter)),
        setting: Setting::default(),
        command: None,
    }
}

fn reading<T: Told + 'static>(
    id: &str,
    summary: &'static str,
    needs: Needs,
    query: Option<fn(&mut SchemaGenerator) -> Schema>,
    mount: impl Fn(MethodFilter, Setting) -> MethodRouter<Arc<App>> + Send + Sync + 'static,
) -> Operation {
    Operation {
        id: id.to_owned(),
        summary,
        needs,
        answers: Answers::Json(StatusCode::OK),
        describe: Arc::new(move |generator| Description {
            query: query.map(|query| query(generator)),
            body: None,
            answer: Some(wire::success(T::describe(generator))),
        }),
        mount: Arc::new(mount),
        setting: Setting::default(),
        command: None,
    }
}

/// `consume_retainer` as `consumeRetainer`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    words.next().unwrap_or_default().to_owned() + &words.map(capitalised).collect::<String>()
}

/// `consume_retainer` as `ConsumeRetainer`.
pub(super) fn pascal_case(name: &str) -> String {
    name.split('_').map(capitalised).collect()
}

/// `consumeRetainer` as `consume_retainer`.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

impl From<Action> for Needs {
    fn from(action: Action) -> Self {
        Self::Permission(action)
    }
}

impl Needs {
    /// Its name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "public",
            Self::Token => "signed_in",
            Self::Permission(action) => action.name(),
        }
    }
}
