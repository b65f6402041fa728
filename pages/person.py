"""People: search, and the page of one person."""

from components import person

person.show()
