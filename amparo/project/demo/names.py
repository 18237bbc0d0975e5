"""Names of the demonstration: shops, people, places. None is a real one's."""

from __future__ import annotations

SHOPS = (
    "Abarrotes Lupita", "Ferretería Sur", "Papelería El Lápiz", "Farmacia San Rafael", "Panadería La Espiga", "Zapatería Caminante",
    "Tlapalería Don Beto", "Carnicería Los Arcos", "Miscelánea La Esquina", "Refaccionaria Norte", "Mueblería Hogar Nuevo",
    "Dulcería Arcoíris", "Tortillería La Milpa", "Librería El Faro", "Florería Jazmín", "Óptica Mirada Clara", "Joyería Esmeralda",
    "Juguetería El Trompo", "Veterinaria Huellitas", "Cafetería Tres Granos", "Vinos y Licores El Barril", "Telas Girasol",
    "Electrónica Voltio", "Deportes La Cancha", "Perfumería Azahar", "Pinturas Arte y Color", "Pescadería El Puerto",
    "Frutas y Verduras La Huerta", "Cremería Santa Rita", "Ferretería El Tornillo", "Abarrotes La Central", "Farmacia del Parque",
    "Papelería Universitaria", "Panadería San Judas", "Restaurante La Cazuela", "Fonda Doña Mari", "Pollería El Gallo",
    "Materiales Construye Bien", "Autolavado Brillante", "Boutique Camila", "Regalos Sorpresa", "Cocinas Integrales Roble",
    "Llantera El Rápido", "Vidrios y Aluminios Cristal", "Semillas El Campo", "Distribuidora Pacífico", "Mercería El Botón",
    "Imprenta Letra Viva", "Copias y Más", "Heladería Polo Norte", "Gimnasio Fuerza", "Estética Bella", "Barbería Navaja de Oro",
    "Lavandería Burbuja", "Tienda Naturista Raíz", "Abarrotes Don Chuy", "Super Mini del Valle", "Mini Súper Estrella",
    "Carnes Finas El Roble", "Salchichonería La Suiza", "Uniformes El Escolar", "Colchones Dulce Sueño", "Bicicletas Pedal",
    "Ferretería La Llave", "Computadoras Bit", "Celulares Conexión", "Discos y Libros Usados Retro", "Antojitos La Güera",
    "Taquería El Pastorcito", "Marisquería La Perla", "Pastelería Dulce Hogar", "Chocolatería Xoco", "Quesos El Rancho",
    "Viveros Las Palmas", "Acuario Coral", "Maderería El Pino", "Tapicería Real", "Cerrajería Exprés", "Hotel Posada del Sol",
    "Estacionamiento Central", "Bodega San Martín", "Mayoreo La Merced", "Plásticos del Bajío", "Empaques Rápidos",
    "Cristalería Fina", "Blancos Casa Bonita", "Curtidos León", "Talabartería El Jinete", "Artesanías Oaxaca Viva",
    "Mezcales La Penca", "Tostadora de Café Altura", "Molino Santa Cruz", "Granos y Forrajes Luna", "Huevo San José",
    "Lácteos Valle Verde", "Agua Purificada Manantial", "Hielo Polar", "Gas y Estufas Llama Azul", "Iluminación Lúmina",
    "Alarmas Centinela",
)  # fmt: skip
FIRST = (
    "Guadalupe", "José Luis", "María Elena", "Carlos", "Verónica", "Miguel Ángel", "Rosa", "Francisco", "Adriana", "Jorge",
    "Patricia", "Alejandro", "Leticia", "Ricardo", "Gabriela", "Fernando", "Silvia", "Raúl", "Norma", "Eduardo", "Claudia",
    "Héctor", "Alma", "Sergio", "Teresa", "Arturo", "Mónica", "Javier", "Beatriz", "Óscar",
)  # fmt: skip
LAST = (
    "Romero", "Hernández", "García", "Martínez", "López", "González", "Pérez", "Rodríguez", "Sánchez", "Ramírez", "Cruz", "Flores",
    "Gómez", "Morales", "Vázquez", "Jiménez", "Reyes", "Díaz", "Torres", "Gutiérrez", "Ruiz", "Mendoza", "Aguilar", "Ortiz",
    "Castillo", "Chávez", "Ramos", "Juárez", "Domínguez", "Núñez",
)  # fmt: skip
PLACES = (
    ("CMX", "55", "Ciudad de México"), ("JAL", "33", "Guadalajara, Jalisco"), ("NLE", "81", "Monterrey, Nuevo León"),
    ("PUE", "222", "Puebla, Puebla"), ("GUA", "477", "León, Guanajuato"), ("QUE", "442", "Querétaro, Querétaro"),
    ("YUC", "999", "Mérida, Yucatán"), ("OAX", "951", "Oaxaca, Oaxaca"), ("VER", "229", "Veracruz, Veracruz"),
    ("SON", "662", "Hermosillo, Sonora"),
)  # fmt: skip
STREETS = ("Av. Juárez", "Calle Hidalgo", "Av. Independencia", "Calle Morelos", "Blvd. Díaz Ordaz", "Calle Allende", "Av. Reforma")
