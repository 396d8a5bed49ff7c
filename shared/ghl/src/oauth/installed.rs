//! In which of an agency's locations the app is installed.

use domain::ids::LocationId;
use serde_json::Value;

use super::{Agency, task};
use crate::{
    Client, Error,
    client::{Effect, Task},
    fields::Fields,
};

/// As many locations as one call lists.
const PAGE: u32 = 20;

const LIST: Task = task("list the locations of an agency", Effect::Reads);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPage {
    pub locations: Vec<InstalledLocation>,
    /// Of all pages, where GoHighLevel says.
    pub count: Option<u64>,
    /// Locations that the agency adds later will have the app too.
    pub installs_future: bool,
    /// How many to skip for the next page, if there is one.
    pub next: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledLocation {
    pub id: LocationId,
    pub name: Option<String>,
    pub is_installed: bool,
}

impl Client {
    /// A page of the agency's locations, with or without the app.
    pub async fn installed_locations(
        &self,
        agency: &Agency,
        skip: u32,
    ) -> Result<InstalledPage, Error> {
        let Agency { app, company, token, gate } = agency;
        let url = LIST.address_at(&app.base_url, &["oauth", "installedLocations"])?;
        let query = [
            ("companyId", company.as_str()),
            ("appId", app.app_id()),
            ("skip", &skip.to_string()),
            ("limit", &PAGE.to_string()),
        ];
        let call = self.http.get(url).query(&query);

        let answer = self.send_through(gate.as_deref(), token, LIST, call).await?;
        let body: Value = LIST.read(&answer)?;
        let fields = Fields::of(&body);
        if !fields.value("locations").is_some_and(Value::is_array) {
            return Err(Error::unreadable(LIST, &answer));
        }
        Ok(InstalledPage::of(fields, skip))
    }
}

impl InstalledPage {
    fn of(fields: Fields<'_>, skip: u32) -> Self {
        let count = fields.number("count");
        let listed = u32::try_from(fields.list("locations").count()).unwrap_or(u32::MAX);
        let seen = skip.saturating_add(listed);
        let has_next = listed > 0 && count.map_or(listed >= PAGE, |count| u64::from(seen) < count);
        Self {
            locations: fields.list("locations").filter_map(InstalledLocation::read).collect(),
            count,
            installs_future: fields.flag("installToFutureLocations"),
            next: has_next.then_some(seen),
        }
    }
}

impl InstalledLocation {
    fn read(value: &Value) -> Option<Self> {
        let fields = Fields::of(value);
        Some(Self {
            id: fields.get("_id")?,
            name: fields.text("name"),
            is_installed: fields.flag("isInstalled"),
        })
    }
}
