"""Tracking plan, its violations, volume per source; write keys that their tenant can read again"""

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table('planned_events',
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=500), nullable=False),
    sa.Column('owner', sa.String(length=120), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('properties', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('updated_by', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_planned_events_tenant_tenants')),
    sa.PrimaryKeyConstraint('tenant', 'event', name=op.f('pk_planned_events'))
    )
    op.create_table('plan_violations',
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('event', sa.String(length=200), nullable=False),
    sa.Column('property', sa.String(length=200), nullable=False),
    sa.Column('problem', sa.String(length=20), nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_plan_violations_tenant_tenants')),
    sa.PrimaryKeyConstraint('tenant', 'day', 'event', 'property', 'problem', name=op.f('pk_plan_violations'))
    )
    op.create_table('ingest_hours',
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('hour', sa.DateTime(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('quarantined', sa.BigInteger(), nullable=False),
    sa.Column('lag_seconds', sa.Float(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_ingest_hours_tenant_tenants')),
    sa.PrimaryKeyConstraint('tenant', 'hour', 'source', name=op.f('pk_ingest_hours'))
    )
    with op.batch_alter_table('write_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed_key', sa.String(length=400), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('write_keys', schema=None) as batch_op:
        batch_op.drop_column('sealed_key')
    op.drop_table('ingest_hours')
    op.drop_table('plan_violations')
    op.drop_table('planned_events')
