//! The routes of the HTTP API, as the template declares them.

use std::collections::HashMap;

use local::template::{Event, Template, TemplateError, Values};

/// The routes, the most exact first.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
pub(crate) struct Route {
    /// A method in capitals, or `ANY`.
    method: String,
    path: Vec<String>,
    /// The template's name for the function that answers.
    pub(crate) function: String,
    /// And for the one that is asked first who is asking.
    pub(crate) authorizer: Option<String>,
}

/// Where a request leads, with what its path names.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) route: &'a Route,
    pub(crate) parameters: HashMap<String, Vec<String>>,
}

impl Routes {
    pub(crate) fn of(template: &Template, values: &Values) -> Result<Self, TemplateError> {
        let apis = template.apis(values)?;
        let authorizers: HashMap<_, _> = apis
            .values()
            .flat_map(|api| &api.authorizers)
            .map(|(name, it)| (name.as_str(), named(&it.function_arn)))
            .collect();
        let mut routes = Vec::new();
        for (function, it) in template.functions(values)? {
            for event in it.events.values() {
                let Event::HttpApi { method, path, authorizer, .. } = event else { continue };
                let authorizer = authorizer.as_ref().map(|it| authorizers[it.as_str()].clone());
                routes.push(Route {
                    method: method.to_uppercase(),
                    path: segments(path).map(str::to_owned).collect(),
                    function: function.to_owned(),
                    authorizer,
                });
            }
        }
        routes.sort_by_key(Route::breadth);
        Ok(Self(routes))
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        self.0.iter().find_map(|route| {
            let parameters = route.matches(method, path)?;
            Some(Found { route, parameters })
        })
    }
}

impl Route {
    pub(crate) fn key(&self) -> String {
        format!("{} /{}", self.method, self.path.join("/"))
    }

    /// A whole path goes before one with a name in it, and that before one with an open end.
    fn breadth(&self) -> (bool, usize, bool) {
        let names = self.path.iter().filter(|it| it.starts_with('{')).count();
        let is_open = self.path.last().is_some_and(|it| it.ends_with("+}"));
        (is_open, names, self.method == "ANY")
    }

    fn matches(&self, method: &str, path: &str) -> Option<HashMap<String, Vec<String>>> {
        if self.method != "ANY" && self.method != method {
            return None;
        }
        let mut given = segments(path);
        let mut parameters = HashMap::new();
        for segment in &self.path {
            let name = segment.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            let next = given.next()?;
            match name.map(|it| (it, it.strip_suffix('+'))) {
                None if segment == next => {}
                None => return None,
                Some((_, Some(name))) => {
                    let rest: Vec<_> = [next].into_iter().chain(given).collect();
                    parameters.insert(name.to_owned(), vec![rest.join("/")]);
                    return Some(parameters);
                }
                Some((name, None)) => {
                    parameters.insert(name.to_owned(), vec![next.to_owned()]);
                }
            }
        }
        given.next().is_none().then_some(parameters)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_start_matches('/').split('/')
}

/// The function of whose ARN this is the placeholder. In this process nothing is deployed, so it
/// has no other.
fn named(arn: &str) -> String {
    arn.trim_start_matches("${").trim_end_matches(".Arn}").to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const TEMPLATE: &str = r#"
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Keys:
            FunctionArn: !GetAtt DoorFunction.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            Identity: { Headers: [Authorization] }
  DoorFunction:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: door }
  ThingsFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: things
      Events:
        All:
          Type: HttpApi
          Properties: { Path: "/v1/{proxy+}", Auth: { Authorizer: Keys } }
        One:
          Type: HttpApi
          Properties: { Path: "/v1/things/{id}", Method: get, Auth: { Authorizer: NONE } }
        Open:
          Type: HttpApi
          Properties: { Path: /v1/things/open, Method: GET }
"#;

    fn found(method: &str, path: &str) -> Option<(String, Option<String>)> {
        let template = Template::parse(TEMPLATE).unwrap();
        let values = Values::of(&template, &BTreeMap::new());
        let routes = Routes::of(&template, &values).unwrap();
        let found = routes.find(method, path)?;
        let parameters: BTreeMap<_, _> = found.parameters.iter().collect();
        let said = parameters.iter().map(|(name, it)| format!("{name}={}", it[0]));
        let said: Vec<_> = [found.route.key()].into_iter().chain(said).collect();
        Some((said.join(" "), found.route.authorizer.clone()))
    }

    #[test]
    fn the_most_exact_route_answers() {
        let open = |key: &str| Some((key.to_owned(), None));
        let behind_the_door = |key: &str| Some((key.to_owned(), Some("DoorFunction".to_owned())));

        assert_eq!(found("GET", "/v1/things/open"), open("GET /v1/things/open"));
        assert_eq!(found("GET", "/v1/things/7"), open("GET /v1/things/{id} id=7"));
        let all = behind_the_door("ANY /v1/{proxy+} proxy=things/7");
        assert_eq!(found("POST", "/v1/things/7"), all);
        assert_eq!(found("GET", "/v1"), None);
        assert_eq!(found("GET", "/v2/things"), None);
    }
}
