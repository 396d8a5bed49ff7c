//! A tenant's numbers in the table.

use domain::{number::Number, phone::PhoneNumber};

use crate::{
    item::{Item, Row, Table},
    keys::Key,
    page::{Asked, List, Page},
    store::{Scope, StoreError},
    transaction::Transaction,
};

impl Item for Number {
    const KIND: &'static str = "number";
    const TABLE: Table = Table::State;
}

impl Scope<'_> {
    pub async fn number(&self, number: &PhoneNumber) -> Result<Option<Row<Number>>, StoreError> {
        self.get(&Key::number(self.tenant, number)).await
    }

    pub async fn numbers(&self, asked: Asked) -> Result<Page<Number>, StoreError> {
        let list = List::partition(Table::State, Key::tenant(self.tenant).pk, "NUM#");
        self.listed(list, asked).await
    }
}

impl Transaction<'_> {
    pub fn add_number(self, number: &Number) -> Self {
        let key = Key::number(self.tenant(), &number.route.number);
        self.add(&key, number)
    }

    pub fn replace_number(self, row: &Row<Number>, number: &Number) -> Self {
        let key = Key::number(self.tenant(), &number.route.number);
        self.replace(&key, row, number)
    }
}
