"""The tables. SQLAlchemy 1.4 in 2.0 style."""
from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class DailyCount(Base):
    """How often something happened on a day; nothing about a person."""

    __tablename__ = "daily_count"

    day = Column(Date, primary_key=True)
    theme = Column(String(40), primary_key=True)
    # answered, choices, not_understood, crisis, helpful, not_helpful
    what = Column(String(40), primary_key=True)
    count = Column(Integer, nullable=False, default=0)
