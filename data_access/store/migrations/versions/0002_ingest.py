"""Write keys and the quarantine of events"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('write_keys',
    sa.Column('id', sa.String(length=16), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('sealed_secret', sa.String(length=400), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_write_keys_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_write_keys')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_write_keys_key_hash'))
    )
    with op.batch_alter_table('write_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_write_keys_tenant'), ['tenant'], unique=False)

    op.create_table('quarantine',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('replayed_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_quarantine_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarantine'))
    )
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.create_index('ix_quarantine_tenant_at', ['tenant', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.drop_index('ix_quarantine_tenant_at')

    op.drop_table('quarantine')
    with op.batch_alter_table('write_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_write_keys_tenant'))

    op.drop_table('write_keys')
