"""Rules, alerts and their history"""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table('alerts',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=32), nullable=True),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('name', sa.JSON(), nullable=False),
    sa.Column('series', sa.String(length=200), nullable=False),
    sa.Column('labels', sa.JSON(), nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('cause', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('fired_at', sa.DateTime(), nullable=True),
    sa.Column('resolved_at', sa.DateTime(), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(), nullable=True),
    sa.Column('acknowledged_by', sa.String(length=32), nullable=True),
    sa.Column('acknowledged_until', sa.DateTime(), nullable=True),
    sa.Column('assigned_to', sa.String(length=32), nullable=True),
    sa.Column('value', sa.Float(), nullable=True),
    sa.Column('limit', sa.Float(), nullable=True),
    sa.Column('money_per_hour_minor', sa.BigInteger(), nullable=True),
    sa.Column('people', sa.Integer(), nullable=True),
    sa.Column('verdict', sa.String(length=20), nullable=True),
    sa.Column('resolution', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=2000), nullable=True),
    sa.Column('checklist', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_alerts_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts'))
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index('ix_alerts_fingerprint', ['tenant', 'fingerprint'], unique=False)
        batch_op.create_index('ix_alerts_tenant_state', ['tenant', 'state', 'updated_at'], unique=False)

    op.create_table('alerting',
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_alerting_tenant_tenants')),
    sa.PrimaryKeyConstraint('tenant', name=op.f('pk_alerting'))
    )
    op.create_table('silences',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('matcher', sa.JSON(), nullable=False),
    sa.Column('author', sa.String(length=32), nullable=False),
    sa.Column('comment', sa.String(length=500), nullable=False),
    sa.Column('starts_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.Column('every', sa.String(length=100), nullable=True),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_silences_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_silences'))
    )
    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_silences_tenant'), ['tenant'], unique=False)

    op.create_table('alert_steps',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('alert', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('what', sa.String(length=20), nullable=False),
    sa.Column('actor', sa.String(length=32), nullable=True),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['alert'], ['alerts.id'], name=op.f('fk_alert_steps_alert_alerts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_steps'))
    )
    with op.batch_alter_table('alert_steps', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_steps_alert'), ['alert'], unique=False)

    op.create_table('rules',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('owner', sa.String(length=32), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('lease_until', sa.DateTime(), nullable=True),
    sa.Column('leased_by', sa.String(length=80), nullable=True),
    sa.Column('last_run_at', sa.DateTime(), nullable=True),
    sa.Column('last_outcome', sa.String(length=10), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=True),
    sa.Column('last_milliseconds', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['owner'], ['actors.id'], name=op.f('fk_rules_owner_actors'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_rules_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rules')),
    sa.UniqueConstraint('tenant', 'slug', name=op.f('uq_rules_tenant_slug'))
    )
    with op.batch_alter_table('rules', schema=None) as batch_op:
        batch_op.create_index('ix_rules_due', ['enabled', 'due_at'], unique=False)

    op.create_table('standings',
    sa.Column('rule', sa.String(length=32), nullable=False),
    sa.Column('series', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('cause', sa.String(length=10), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=True),
    sa.Column('fired_at', sa.DateTime(), nullable=True),
    sa.Column('clear_since', sa.DateTime(), nullable=True),
    sa.Column('alert', sa.String(length=32), nullable=True),
    sa.Column('value', sa.Float(), nullable=True),
    sa.Column('judged_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['rule'], ['rules.id'], name=op.f('fk_standings_rule_rules'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('rule', 'series', name=op.f('pk_standings'))
    )


def downgrade() -> None:
    op.drop_table('standings')
    with op.batch_alter_table('rules', schema=None) as batch_op:
        batch_op.drop_index('ix_rules_due')

    op.drop_table('rules')
    with op.batch_alter_table('alert_steps', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_steps_alert'))

    op.drop_table('alert_steps')
    with op.batch_alter_table('silences', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_silences_tenant'))

    op.drop_table('silences')
    op.drop_table('alerting')
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.drop_index('ix_alerts_tenant_state')
        batch_op.drop_index('ix_alerts_fingerprint')

    op.drop_table('alerts')
