"""The columns and the place that tests of expressions refer to."""

from __future__ import annotations

from sparkguard.datatypes import Struct, parse
from sparkguard.errors import Location

HERE = Location("c.yaml", 3, 5)
_PARSED = parse(
    "struct<a:int,b:string,d:date,t:timestamp,n:timestamp_ntz,s:struct<x:int,y:struct<z:string>>,"
    "f:boolean,amount:decimal(10,2),`a.b`:int,`x``y`:int,`select`:int,"
    "ts:array<timestamp>,tags:array<string>,attrs:map<string,string>,days:array<date>,"
    "whens:map<timestamp,int>>"
)
assert isinstance(_PARSED, Struct)
COLUMNS = _PARSED
