"""Segments and their versions"""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table('segments',
    sa.Column('id', sa.String(length=16), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('name_folded', sa.String(length=240), nullable=False),
    sa.Column('description', sa.String(length=500), nullable=False),
    sa.Column('owner', sa.String(length=32), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(), nullable=True),
    sa.Column('frozen_version', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['owner'], ['actors.id'], name=op.f('fk_segments_owner_actors'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_segments_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segments')),
    sa.UniqueConstraint('tenant', 'name_folded', name=op.f('uq_segments_tenant_name_folded'))
    )
    op.create_table('segment_versions',
    sa.Column('segment', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('description', sa.String(length=500), nullable=False),
    sa.Column('definition', sa.JSON(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(), nullable=True),
    sa.Column('actor', sa.String(length=32), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['actor'], ['actors.id'], name=op.f('fk_segment_versions_actor_actors'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['segment'], ['segments.id'], name=op.f('fk_segment_versions_segment_segments'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('segment', 'version', name=op.f('pk_segment_versions'))
    )


def downgrade() -> None:
    op.drop_table('segment_versions')
    op.drop_table('segments')
