//! What GHL can be asked to do, as far as it is simulated.

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    UpsertContact,
    CreateContact,
    SearchDuplicate,
    GetContact,
    UpdateContact,
    DeleteContact,
    AddTags,
    RemoveTags,
    AddInbound,
    SearchConversations,
    GetMessage,
    ListMessages,
    UpdateStatus,
    SendMessage,
    GetLocation,
    Token,
    LocationToken,
    InstalledLocations,
    Reconnect,
}

/// An operation, its name in fault plans and records, its method, and its path in the `OpenAPI` files.
type Route = (Operation, &'static str, &'static str, &'static str);

/// In the order of the operations. Where two paths match, the first is meant.
const ROUTES: [Route; 19] = [
    (Operation::UpsertContact, "upsert_contact", "POST", "/contacts/upsert"),
    (Operation::CreateContact, "create_contact", "POST", "/contacts/"),
    (Operation::SearchDuplicate, "search_duplicate", "GET", "/contacts/search/duplicate"),
    (Operation::GetContact, "get_contact", "GET", "/contacts/{contactId}"),
    (Operation::UpdateContact, "update_contact", "PUT", "/contacts/{contactId}"),
    (Operation::DeleteContact, "delete_contact", "DELETE", "/contacts/{contactId}"),
    (Operation::AddTags, "add_tags", "POST", "/contacts/{contactId}/tags"),
    (Operation::RemoveTags, "remove_tags", "DELETE", "/contacts/{contactId}/tags"),
    (Operation::AddInbound, "add_inbound", "POST", "/conversations/messages/inbound"),
    (Operation::SearchConversations, "search_conversations", "GET", "/conversations/search"),
    (Operation::GetMessage, "get_message", "GET", "/conversations/messages/{id}"),
    (Operation::ListMessages, "list_messages", "GET", "/conversations/{conversationId}/messages"),
    (Operation::UpdateStatus, "update_status", "PUT", "/conversations/messages/{messageId}/status"),
    (Operation::SendMessage, "send_message", "POST", "/conversations/messages"),
    (Operation::GetLocation, "get_location", "GET", "/locations/{locationId}"),
    (Operation::Token, "oauth_token", "POST", "/oauth/token"),
    (Operation::LocationToken, "location_token", "POST", "/oauth/locationToken"),
    (Operation::InstalledLocations, "installed_locations", "GET", "/oauth/installedLocations"),
    (Operation::Reconnect, "oauth_reconnect", "POST", "/oauth/reconnect"),
];

impl Operation {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ROUTES.into_iter().map(|(operation, ..)| operation)
    }

    /// The operation that a call means, and the one id in its path, if it has one.
    pub(super) fn find(method: &str, path: &str) -> Option<(Self, String)> {
        ROUTES
            .into_iter()
            .filter(|(_, _, its_method, _)| *its_method == method)
            .find_map(|(operation, _, _, template)| Some((operation, id_in(path, template)?)))
    }

    /// Whether it is for whoever knows the app's secret, and takes neither token nor version.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Token | Self::Reconnect)
    }

    pub(super) fn name(self) -> &'static str {
        self.route().1
    }

    pub(super) fn method(self) -> &'static str {
        self.route().2
    }

    pub(super) fn template(self) -> &'static str {
        self.route().3
    }

    fn route(self) -> Route {
        ROUTES[self as usize]
    }
}

/// The id in `path` if it is of the form of `template`: empty if the template has none.
fn id_in(path: &str, template: &str) -> Option<String> {
    let mut id = String::new();
    let (parts, expected) = (path.split('/'), template.split('/'));
    if parts.clone().count() != expected.clone().count() {
        return None;
    }
    for (part, expected) in parts.zip(expected) {
        if expected.starts_with('{') && !part.is_empty() {
            part.clone_into(&mut id);
        } else if part != expected {
            return None;
        }
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_own_route() {
        for (at, (operation, ..)) in ROUTES.into_iter().enumerate() {
            assert_eq!(operation as usize, at, "{operation:?}");
        }
    }

    #[test]
    fn a_path_is_found_with_the_id_in_it() {
        for (method, path, expected) in [
            ("POST", "/contacts/upsert", Some((Operation::UpsertContact, ""))),
            ("GET", "/contacts/c1", Some((Operation::GetContact, "c1"))),
            ("PUT", "/conversations/messages/m1/status", Some((Operation::UpdateStatus, "m1"))),
            ("POST", "/contacts", None),
            ("PATCH", "/contacts/c1", None),
        ] {
            let found = Operation::find(method, path);
            assert_eq!(found, expected.map(|(it, id)| (it, id.to_owned())), "{method} {path}");
        }
    }
}
