"""One approval for everything that is edited; Wagtail's own, of pages and groups, is laid to rest."""

from django.db import migrations

NAME = "Revisión por otra persona editora"


def add(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType")
    workflows, steps = apps.get_model("wagtailcore", "Workflow"), apps.get_model("wagtailcore", "WorkflowTask")
    apps.get_model("wagtailcore", "Task").objects.update(active=False)
    workflows.objects.update(active=False)
    kind, _made = content_types.objects.get_or_create(app_label="editor", model="reviewbyanother")
    task = apps.get_model("editor", "ReviewByAnother").objects.create(name=NAME, content_type=kind, active=True)
    workflow = workflows.objects.create(name=NAME, active=True)
    steps.objects.create(workflow=workflow, task_id=task.pk, sort_order=0)


class Migration(migrations.Migration):
    dependencies = [
        ("editor", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
