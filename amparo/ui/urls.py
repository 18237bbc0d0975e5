from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [
    path("", views.show_gallery, name="gallery"),
    path("choose/", views.choose, name="choose"),
    path("rail/", views.rail, name="rail"),
    path("accent-<slug:colour>.css", views.accent_css, name="accent_css"),
]
