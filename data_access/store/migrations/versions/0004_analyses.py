"""Saved analyses, their folders and favourites"""

from alembic import op
import sqlalchemy as sa

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table('analyses',
    sa.Column('id', sa.String(length=16), nullable=False),
    sa.Column('tenant', sa.Integer(), nullable=False),
    sa.Column('page', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('description', sa.String(length=2000), nullable=False),
    sa.Column('folder', sa.String(length=120), nullable=False),
    sa.Column('owner', sa.String(length=32), nullable=False),
    sa.Column('query', sa.JSON(), nullable=False),
    sa.Column('scope', sa.JSON(), nullable=False),
    sa.Column('view', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('updated_at', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['owner'], ['actors.id'], name=op.f('fk_analyses_owner_actors'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.key'], name=op.f('fk_analyses_tenant_tenants')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_analyses'))
    )
    with op.batch_alter_table('analyses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_analyses_owner'), ['owner'], unique=False)
        batch_op.create_index('ix_analyses_tenant_name', ['tenant', 'name'], unique=False)

    op.create_table('favourites',
    sa.Column('actor', sa.String(length=32), nullable=False),
    sa.Column('analysis', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['actor'], ['actors.id'], name=op.f('fk_favourites_actor_actors'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['analysis'], ['analyses.id'], name=op.f('fk_favourites_analysis_analyses'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('actor', 'analysis', name=op.f('pk_favourites'))
    )


def downgrade() -> None:
    op.drop_table('favourites')
    with op.batch_alter_table('analyses', schema=None) as batch_op:
        batch_op.drop_index('ix_analyses_tenant_name')
        batch_op.drop_index(batch_op.f('ix_analyses_owner'))

    op.drop_table('analyses')
